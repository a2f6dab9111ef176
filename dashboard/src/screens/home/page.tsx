/** The first screen: what is being sent now, the last campaigns, customers and revenue. */
import { Anchor, Card, Group, SimpleGrid, Skeleton, Stack, Text, Title } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import { lazy, Suspense } from 'react';
import { FormattedNumber } from 'react-intl';
import { useQuery, useSubscription } from 'urql';
import { newest } from '../../api/newest';
import { CampaignBar } from '../../components/bar';
import { Problem } from '../../components/problem';
import { Status } from '../../components/status';
import type { ActiveSubscription, HomeQuery } from '../../gql/graphql';
import { useTexts } from '../../texts';
import { ACTIVE, HOME } from './queries';

const Revenue = lazy(() => import('./revenue'));

type Progress = ActiveSubscription['activeCampaigns'];

export default function HomePage() {
  const text = useTexts();
  const [{ data, error }, again] = useQuery({ query: HOME });
  return (
    <Stack>
      <Title order={1}>{text('home.title')}</Title>
      <Active />
      {error && !data && (
        <Problem
          error={error}
          onRetry={() => {
            again({ requestPolicy: 'network-only' });
          }}
        />
      )}
      <Last campaigns={data?.campaigns?.nodes} />
      <Figures stats={data?.customerStats} />
      <Card withBorder mih={300}>
        <Title order={2} size="h4">
          {text('home.revenue')}
        </Title>
        <Suspense fallback={<Skeleton height={240} />}>
          {data?.report && <Revenue rows={data.report.rows} />}
        </Suspense>
      </Card>
    </Stack>
  );
}

function Active() {
  const text = useTexts();
  const [{ data }] = useSubscription<ActiveSubscription, Map<string, Progress>>(
    { query: ACTIVE },
    (before = new Map<string, Progress>(), { activeCampaigns: state }) =>
      new Map(before).set(state.campaignId, newest(before.get(state.campaignId), state)),
  );
  const sending = [...(data?.values() ?? [])].filter((state) => state.status === 'SENDING');
  return (
    <Card withBorder>
      <Title order={2} size="h4">
        {text('home.active')}
      </Title>
      {sending.length === 0 && <Text c="dimmed">{text('home.active.empty')}</Text>}
      {sending.map((state) => (
        <Stack key={state.campaignId} gap={4} mt="sm">
          <Group justify="space-between">
            <Anchor component={Link} to={`/campaigns/${state.campaignId}`}>
              {state.campaign.name}
            </Anchor>
            <Text size="sm">
              <FormattedNumber value={state.stats.delivered} /> /{' '}
              <FormattedNumber value={state.stats.total} />
            </Text>
          </Group>
          <CampaignBar stats={state.stats} />
        </Stack>
      ))}
    </Card>
  );
}

function Last({ campaigns }: { campaigns: NonNullable<HomeQuery['campaigns']>['nodes'] | undefined }) {
  const text = useTexts();
  return (
    <Card withBorder mih={180}>
      <Title order={2} size="h4">
        {text('home.last')}
      </Title>
      {campaigns === undefined && <Skeleton height={120} mt="sm" />}
      {campaigns?.length === 0 && <Text c="dimmed">{text('home.last.empty')}</Text>}
      {campaigns?.map((campaign) => (
        <Group key={campaign.id} justify="space-between" mt="xs">
          <Anchor component={Link} to={`/campaigns/${campaign.id}`}>
            {campaign.name}
          </Anchor>
          <Status status={campaign.status} />
        </Group>
      ))}
    </Card>
  );
}

function Figures({ stats }: { stats: HomeQuery['customerStats'] | undefined }) {
  const text = useTexts();
  return (
    <SimpleGrid cols={{ base: 1, xs: 2 }}>
      <Figure label={text('home.customers')} value={stats?.total} />
      <Figure label={text('home.activeCustomers')} value={stats?.active} />
    </SimpleGrid>
  );
}

function Figure({ label, value }: { label: string; value: number | undefined }) {
  return (
    <Card withBorder>
      <Text size="sm">{label}</Text>
      <Text size="xl" fw={700}>
        {value === undefined ? '…' : <FormattedNumber value={value} />}
      </Text>
    </Card>
  );
}
