/** What can be done with a campaign in its state: launch, pause, resume, cancel, duplicate. */
import { Alert, Button, Group } from '@mantine/core';
import { useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { useClient, type TypedDocumentNode } from 'urql';
import { ConfirmedButton } from '../../components/confirm';
import { useMay } from '../../components/permissions';
import { useTexts } from '../../texts';
import type { Campaign } from './live';
import { CANCEL, DUPLICATE, LAUNCH, PAUSE, RESUME } from './queries';

interface Payload {
  errors: readonly { message: string }[];
  campaign?: { id: string } | null;
}

type Change = TypedDocumentNode<object, { id: string }>;

/** Does one thing at a time; what the server refuses is shown in its words. */
function useChange(id: string) {
  const text = useTexts();
  const client = useClient();
  const [isBusy, setBusy] = useState(false);
  const [problem, setProblem] = useState<string | null>(null);
  async function change(mutation: Change): Promise<Payload | null> {
    setBusy(true);
    setProblem(null);
    const { data, error } = await client.mutation(mutation, { id }).toPromise();
    setBusy(false);
    const payload = (Object.values(data ?? {}) as (Payload | string)[]).find(
      (one) => typeof one === 'object',
    );
    const sentence = payload?.errors[0]?.message ?? error?.graphQLErrors[0]?.message;
    if (!payload || sentence !== undefined) setProblem(sentence ?? text('error.network'));
    return payload ?? null;
  }
  return { isBusy, problem, change };
}

export function Actions({ campaign }: { campaign: Campaign }) {
  const text = useTexts();
  const navigate = useNavigate();
  const { isBusy, problem, change } = useChange(campaign.id);
  const { status } = campaign;
  if (!useMay('CAMPAIGNS_WRITE')) return null;

  const duplicate = async () => {
    const made = (await change(DUPLICATE))?.campaign;
    if (made) await navigate({ to: '/campaigns/$id', params: { id: made.id } });
  };
  return (
    <Group gap="xs">
      {status === 'DRAFT' && (
        <ConfirmedButton
          label={text('campaign.launch')}
          question={text('campaign.launch.sure')}
          color="indigo"
          isBusy={isBusy}
          onConfirm={() => void change(LAUNCH)}
        />
      )}
      {status === 'SENDING' && (
        <Button loading={isBusy} onClick={() => void change(PAUSE)}>
          {text('campaign.pause')}
        </Button>
      )}
      {status === 'PAUSED' && (
        <Button loading={isBusy} onClick={() => void change(RESUME)}>
          {text('campaign.resume')}
        </Button>
      )}
      {(status === 'SENDING' || status === 'PAUSED') && (
        <ConfirmedButton
          label={text('campaign.cancel')}
          question={text('campaign.cancel.sure')}
          color="red"
          isBusy={isBusy}
          onConfirm={() => void change(CANCEL)}
        />
      )}
      <Button variant="default" loading={isBusy} onClick={() => void duplicate()}>
        {text('campaign.duplicate')}
      </Button>
      {problem !== null && (
        <Alert color="red" role="alert" p="xs">
          {problem}
        </Alert>
      )}
    </Group>
  );
}
