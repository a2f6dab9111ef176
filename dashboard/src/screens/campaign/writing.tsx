/** From a campaign to its editor: a draft is edited, a schedule is taken back first. */
import { Button } from '@mantine/core';
import { useChange } from '../../api/change';
import { Errors } from '../../components/errors';
import { ButtonLink } from '../../components/link';
import { useTexts } from '../../texts';
import type { Campaign } from './live';
import { UNSCHEDULE } from './queries';

export function Writing({ campaign: { id, status } }: { campaign: Pick<Campaign, 'id' | 'status'> }) {
  const text = useTexts();
  if (status === 'SCHEDULED') return <Unschedule id={id} />;
  if (status !== 'DRAFT') return null;
  return (
    <ButtonLink variant="default" to="/campaigns/$id/edit" params={{ id }}>
      {text('editor.edit')}
    </ButtonLink>
  );
}

export function Unschedule({ id, onDone }: { id: string; onDone?: () => void }) {
  const text = useTexts();
  const { isBusy, errors, change } = useChange();
  const unschedule = async () => {
    if (await change(UNSCHEDULE, { id })) onDone?.();
  };
  return (
    <>
      <Button variant="default" loading={isBusy} onClick={() => void unschedule()}>
        {text('editor.unschedule')}
      </Button>
      <Errors errors={errors} />
    </>
  );
}
