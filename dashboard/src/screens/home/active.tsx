/** What is being sent now, moving, and what has ended while one looked. */
import { Group, Stack, Text } from '@mantine/core';
import { useState } from 'react';
import { FormattedNumber, useIntl } from 'react-intl';
import { useSubscription } from 'urql';
import { newest } from '../../api/newest';
import { Announcement } from '../../components/announcement';
import { CampaignBar } from '../../components/bar';
import { Empty } from '../../components/empty';
import { ButtonLink, TextLink } from '../../components/link';
import { Panel } from '../../components/panel';
import { Status } from '../../components/status';
import { Updated } from '../../components/updated';
import type { ActiveSubscription } from '../../gql/graphql';
import { useTexts } from '../../texts';
import { ACTIVE } from './queries';

type State = ActiveSubscription['activeCampaigns'];

interface Seen {
  states: ReadonlyMap<string, State>;
  /** When the newest of them came, by this machine's clock. */
  at: number;
}

export function Active() {
  const text = useTexts();
  const [isPaused, pause] = useState(false);
  const [{ data }] = useSubscription<ActiveSubscription, Seen>(
    { query: ACTIVE, pause: isPaused },
    (before: Seen | undefined, { activeCampaigns: state }) => ({
      states: new Map(before?.states).set(
        state.campaignId,
        newest(before?.states.get(state.campaignId), state),
      ),
      at: Date.now(),
    }),
  );
  const states = [...(data?.states.values() ?? [])];
  const sending = states.filter(({ status }) => status === 'SENDING');
  const shown = [...sending, ...states.filter(({ status }) => status !== 'SENDING').reverse()].slice(0, 5);
  return (
    <Panel
      title={text('home.active')}
      mih={240}
      aside={shown.length > 0 && <Updated at={data?.at ?? null} isPaused={isPaused} onPause={pause} />}
    >
      <Announcement>{text('home.active.announce', { count: sending.length })}</Announcement>
      {shown.length === 0 && (
        <Empty
          next={
            <ButtonLink to="/campaigns" variant="default">
              {text('campaign.all')}
            </ButtonLink>
          }
        >
          {text('home.active.empty')}
        </Empty>
      )}
      <Stack gap="lg">
        {shown.map((state) => (
          <Moving key={state.campaignId} state={state} />
        ))}
      </Stack>
    </Panel>
  );
}

function Moving({ state }: { state: State }) {
  const { stats, campaign, campaignId: id, status } = state;
  return (
    <Stack gap={6}>
      <Group justify="space-between" wrap="nowrap">
        <TextLink to="/campaigns/$id" params={{ id }} fw={500} style={{ overflowWrap: 'anywhere' }}>
          {campaign.name}
        </TextLink>
        <Status status={status} />
      </Group>
      <CampaignBar stats={stats} />
      <Group justify="space-between" gap="xs" style={{ fontVariantNumeric: 'tabular-nums' }}>
        <Text size="xs" c="dimmed" mih={18}>
          <Pace state={state} />
        </Text>
        <Text size="xs" c="dimmed">
          <FormattedNumber value={stats.delivered} /> / <FormattedNumber value={stats.total} />
        </Text>
      </Group>
    </Stack>
  );
}

/** How fast it goes and when it will be done, else until when it waits. */
function Pace({ state: { status, messagesPerSecond, estimatedEndAt, waitingUntil } }: { state: State }) {
  const text = useTexts();
  const intl = useIntl();
  if (status !== 'SENDING') return null;
  const time = (at: string) => intl.formatTime(at);
  if (waitingUntil) return text('home.active.waiting', { time: time(waitingUntil) });
  if (typeof messagesPerSecond !== 'number') return null;
  const rate = text('campaign.rate', { rate: messagesPerSecond });
  return estimatedEndAt ? `${rate} · ${text('home.active.end', { time: time(estimatedEndAt) })}` : rate;
}
