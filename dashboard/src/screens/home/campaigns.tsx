/** Campaigns on the first screen: those that are being sent, moving, and the last ones. */
import { Group, Skeleton, Stack, Text } from '@mantine/core';
import { FormattedNumber } from 'react-intl';
import { useQuery, useSubscription } from 'urql';
import { newest } from '../../api/newest';
import { CampaignBar } from '../../components/bar';
import { Empty } from '../../components/empty';
import { ButtonLink, TextLink } from '../../components/link';
import { Panel } from '../../components/panel';
import { Problem } from '../../components/problem';
import { Status } from '../../components/status';
import type { ActiveSubscription } from '../../gql/graphql';
import { useTexts } from '../../texts';
import { ACTIVE, LAST } from './queries';

type Progress = ActiveSubscription['activeCampaigns'];
type States = ReadonlyMap<string, Progress>;

export function Active() {
  const text = useTexts();
  const [{ data }] = useSubscription<ActiveSubscription, States>(
    { query: ACTIVE },
    (before: States | undefined, { activeCampaigns: state }) =>
      new Map(before).set(state.campaignId, newest(before?.get(state.campaignId), state)),
  );
  const sending = [...(data?.values() ?? [])].filter(({ status }) => status === 'SENDING');
  return (
    <Panel title={text('home.active')} mih={240}>
      {sending.length === 0 && (
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
      <Stack>
        {sending.map((state) => (
          <Moving key={state.campaignId} state={state} />
        ))}
      </Stack>
    </Panel>
  );
}

function Moving({ state }: { state: Progress }) {
  const text = useTexts();
  const { stats, messagesPerSecond } = state;
  return (
    <Stack gap={4}>
      <Group justify="space-between">
        <TextLink to="/campaigns/$id" params={{ id: state.campaignId }}>
          {state.campaign.name}
        </TextLink>
        <Text size="sm" style={{ fontVariantNumeric: 'tabular-nums' }}>
          <FormattedNumber value={stats.delivered} /> / <FormattedNumber value={stats.total} />
        </Text>
      </Group>
      <CampaignBar stats={stats} />
      <Text size="xs" c="dimmed" mih={18}>
        {typeof messagesPerSecond === 'number' && text('campaign.rate', { rate: messagesPerSecond })}
      </Text>
    </Stack>
  );
}

export function Last() {
  const text = useTexts();
  const [{ data, error }, again] = useQuery({ query: LAST });
  const campaigns = data?.campaigns?.nodes;
  return (
    <Panel title={text('home.last')} mih={240}>
      {error && !campaigns && (
        <Problem
          error={error}
          onRetry={() => {
            again({ requestPolicy: 'network-only' });
          }}
        />
      )}
      {!error && campaigns === undefined && <Skeleton height={170} />}
      {campaigns?.length === 0 && <Text c="dimmed">{text('home.last.empty')}</Text>}
      <Stack gap="xs">
        {campaigns?.map(({ id, name, status }) => (
          <Group key={id} justify="space-between" wrap="nowrap">
            <TextLink size="sm" to="/campaigns/$id" params={{ id }} style={{ overflowWrap: 'anywhere' }}>
              {name}
            </TextLink>
            <Status status={status} />
          </Group>
        ))}
      </Stack>
    </Panel>
  );
}
