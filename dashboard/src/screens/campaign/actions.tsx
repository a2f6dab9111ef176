/** What can be done with a campaign in its state: launch, pause, resume, cancel, retry, duplicate. */
import { Button, Group } from '@mantine/core';
import { useNavigate } from '@tanstack/react-router';
import { useChange } from '../../api/change';
import { ConfirmedButton } from '../../components/confirm';
import { Errors } from '../../components/errors';
import { useMay } from '../../components/permissions';
import { useTexts } from '../../texts';
import { CANCEL, DUPLICATE, LAUNCH, PAUSE, RESUME, RETRY } from './changes';
import type { Campaign } from './live';
import { Writing } from './writing';

export function Actions({ campaign }: { campaign: Campaign }) {
  const text = useTexts();
  const navigate = useNavigate();
  const { isBusy, errors, change } = useChange();
  const { id, status, stats } = campaign;
  if (!useMay('CAMPAIGNS_WRITE')) return null;

  const duplicate = async () => {
    const made = (await change(DUPLICATE, { id }))?.campaignDuplicate.campaign;
    if (made) await navigate({ to: '/campaigns/$id', params: { id: made.id } });
  };

  return (
    <Group gap="xs">
      <Writing campaign={campaign} />
      {status === 'DRAFT' && (
        <ConfirmedButton
          label={text('campaign.launch')}
          question={text('campaign.launch.sure')}
          color="indigo"
          isBusy={isBusy}
          onConfirm={() => void change(LAUNCH, { id })}
        />
      )}
      {status === 'SENDING' && (
        <Button loading={isBusy} onClick={() => void change(PAUSE, { id })}>
          {text('campaign.pause')}
        </Button>
      )}
      {status === 'PAUSED' && (
        <Button loading={isBusy} onClick={() => void change(RESUME, { id })}>
          {text('campaign.resume')}
        </Button>
      )}
      {(status === 'SENDING' || status === 'PAUSED') && (
        <ConfirmedButton
          label={text('campaign.cancel')}
          question={text('campaign.cancel.sure')}
          color="red"
          isBusy={isBusy}
          onConfirm={() => void change(CANCEL, { id })}
        />
      )}
      {status === 'COMPLETED' && stats.failed > 0 && (
        <ConfirmedButton
          label={text('campaign.retry')}
          question={text('campaign.retry.sure')}
          color="indigo"
          isBusy={isBusy}
          onConfirm={() => void change(RETRY, { id })}
        />
      )}
      <Button variant="default" loading={isBusy} onClick={() => void duplicate()}>
        {text('campaign.duplicate')}
      </Button>
      <Errors errors={errors} />
    </Group>
  );
}
