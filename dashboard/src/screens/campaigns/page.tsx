/** All campaigns, newest first; those that are being sent move. */
import { Box, Card, Group, Select, Skeleton, Table, Text, VisuallyHidden } from '@mantine/core';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { FormattedNumber } from 'react-intl';
import { useQuery, useSubscription } from 'urql';
import { CampaignBar } from '../../components/bar';
import { Empty } from '../../components/empty';
import { TextLink } from '../../components/link';
import { Moment } from '../../components/moment';
import { Pager, usePlace } from '../../components/pager';
import { Problem } from '../../components/problem';
import { Screen } from '../../components/screen';
import { Status } from '../../components/status';
import type { CampaignsQuery, CampaignStatus } from '../../gql/graphql';
import { useTexts } from '../../texts';
import { DraftActions } from './draft-actions';
import { NewCampaign } from './new-campaign';
import { CAMPAIGNS, MOVING } from './queries';
import { STATUSES } from './statuses';

const SIZE = 25;

type Campaign = NonNullable<CampaignsQuery['campaigns']>['nodes'][number];

export default function Page() {
  const text = useTexts();
  const { status } = useSearch({ from: '/campaigns' });
  const [place, go] = usePlace(SIZE, status);
  const [{ data, error, stale }, again] = useQuery({
    query: CAMPAIGNS,
    variables: { ...place, filter: status ? { statuses: [status] } : null },
  });
  // Its events change what the cache holds, and so this list.
  useSubscription({ query: MOVING });
  const campaigns = data?.campaigns?.nodes;
  return (
    <Screen
      title={text('campaigns.title')}
      aside={
        <Group gap="xs">
          <StatusFilter status={status} />
          <NewCampaign />
        </Group>
      }
    >
      {error && !campaigns ? (
        <Problem
          error={error}
          onRetry={() => {
            again({ requestPolicy: 'network-only' });
          }}
        />
      ) : (
        <Card withBorder p={0} aria-busy={stale}>
          {campaigns?.length === 0 ? (
            <Empty>{text(status ? 'campaigns.empty.filtered' : 'campaigns.empty')}</Empty>
          ) : (
            <List campaigns={campaigns} />
          )}
        </Card>
      )}
      <Pager info={data?.campaigns?.pageInfo} size={SIZE} onGo={go} />
    </Screen>
  );
}

function StatusFilter({ status }: { status: CampaignStatus | undefined }) {
  const text = useTexts();
  const navigate = useNavigate({ from: '/campaigns' });
  return (
    <Select
      aria-label={text('campaigns.status')}
      placeholder={text('list.all')}
      clearable
      clearButtonProps={{ 'aria-label': text('list.all') }}
      w={180}
      data={STATUSES.map((value) => ({ value, label: text(`status.${value}`) }))}
      value={status ?? null}
      onChange={(value) => {
        void navigate({ search: value ? { status: value } : {} });
      }}
    />
  );
}

function List({ campaigns }: { campaigns: readonly Campaign[] | undefined }) {
  const text = useTexts();
  return (
    <Table verticalSpacing="sm" layout="fixed">
      <Table.Thead>
        <Table.Tr>
          <Table.Th>{text('campaigns.name')}</Table.Th>
          <Table.Th w={{ base: 130, md: 160 }}>{text('campaigns.status')}</Table.Th>
          <Table.Th w={110} visibleFrom="lg">
            {text('campaigns.channel')}
          </Table.Th>
          <Table.Th w={190} visibleFrom="lg">
            {text('campaigns.created')}
          </Table.Th>
          <Table.Th visibleFrom="sm">{text('campaigns.progress')}</Table.Th>
          <Table.Th w={175} visibleFrom="sm">
            <VisuallyHidden>{text('campaigns.actions')}</VisuallyHidden>
          </Table.Th>
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {campaigns === undefined
          ? Array.from({ length: 8 }, (_, row) => <Waiting key={row} />)
          : campaigns.map((campaign) => <Row key={campaign.id} campaign={campaign} />)}
      </Table.Tbody>
    </Table>
  );
}

function Waiting() {
  return (
    <Table.Tr>
      <Table.Td colSpan={6}>
        <Skeleton height={25} />
      </Table.Td>
    </Table.Tr>
  );
}

function Row({ campaign }: { campaign: Campaign }) {
  const text = useTexts();
  const { id, name, status, stats, scheduledAt } = campaign;
  return (
    <Table.Tr>
      <Table.Td style={{ overflowWrap: 'anywhere' }}>
        <TextLink to="/campaigns/$id" params={{ id }}>
          {name}
        </TextLink>
        <Box hiddenFrom="sm" mt={6}>
          {stats.total > 0 && <CampaignBar stats={stats} />}
          {status === 'DRAFT' && <DraftActions id={id} name={name} />}
        </Box>
      </Table.Td>
      <Table.Td>
        <Status status={status} />
        {status === 'SCHEDULED' && scheduledAt && (
          <Text size="xs" c="dimmed" mt={4}>
            <Moment at={scheduledAt} />
          </Text>
        )}
      </Table.Td>
      <Table.Td visibleFrom="lg">{text(`channel.${campaign.channel}`)}</Table.Td>
      <Table.Td visibleFrom="lg">
        <Moment at={campaign.createdAt} />
      </Table.Td>
      <Table.Td visibleFrom="sm">
        {stats.total > 0 ? (
          <>
            <CampaignBar stats={stats} />
            <Text size="xs" c="dimmed" mt={4}>
              <FormattedNumber value={stats.delivered} /> / <FormattedNumber value={stats.total} />
            </Text>
          </>
        ) : (
          <Text c="dimmed">–</Text>
        )}
      </Table.Td>
      <Table.Td visibleFrom="sm">{status === 'DRAFT' && <DraftActions id={id} name={name} />}</Table.Td>
    </Table.Tr>
  );
}
