/** The last campaigns, each as far as it is. */
import { Group, Skeleton, Stack, Text } from '@mantine/core';
import { FormattedNumber } from 'react-intl';
import { useQuery } from 'urql';
import { Empty } from '../../components/empty';
import { ButtonLink, TextLink } from '../../components/link';
import { Moment } from '../../components/moment';
import { Panel } from '../../components/panel';
import { Problem } from '../../components/problem';
import { Status } from '../../components/status';
import type { LastCampaignsQuery } from '../../gql/graphql';
import { useTexts } from '../../texts';
import { LAST } from './queries';

type Campaign = NonNullable<LastCampaignsQuery['campaigns']>['nodes'][number];

export function Last() {
  const text = useTexts();
  const [{ data, error }, again] = useQuery({ query: LAST });
  const campaigns = data?.campaigns?.nodes;
  return (
    <Panel
      title={text('home.last')}
      mih={240}
      aside={
        <TextLink to="/campaigns" size="sm">
          {text('campaign.all')}
        </TextLink>
      }
    >
      {error && !campaigns && (
        <Problem
          error={error}
          onRetry={() => {
            again({ requestPolicy: 'network-only' });
          }}
        />
      )}
      {!error && campaigns === undefined && <Skeleton height={170} aria-busy />}
      {campaigns?.length === 0 && (
        <Empty
          next={
            <ButtonLink to="/campaigns" variant="default">
              {text('home.last.next')}
            </ButtonLink>
          }
        >
          {text('home.last.empty')}
        </Empty>
      )}
      <Stack gap="sm">
        {campaigns?.map((campaign) => (
          <Line key={campaign.id} campaign={campaign} />
        ))}
      </Stack>
    </Panel>
  );
}

function Line({ campaign: { id, name, status, channel, createdAt, stats } }: { campaign: Campaign }) {
  const text = useTexts();
  return (
    <Group justify="space-between" wrap="nowrap" align="flex-start">
      <Stack gap={0} miw={0}>
        <TextLink size="sm" fw={500} to="/campaigns/$id" params={{ id }} style={{ overflowWrap: 'anywhere' }}>
          {name}
        </TextLink>
        <Text size="xs" c="dimmed">
          {text(`channel.${channel}`)} · <Moment at={createdAt} />
        </Text>
      </Stack>
      <Stack gap={2} align="flex-end" style={{ flexShrink: 0 }}>
        <Status status={status} />
        {stats.total > 0 && (
          <Text size="xs" c="dimmed" style={{ fontVariantNumeric: 'tabular-nums', whiteSpace: 'nowrap' }}>
            <FormattedNumber value={stats.delivered} /> / <FormattedNumber value={stats.total} />
          </Text>
        )}
      </Stack>
    </Group>
  );
}
