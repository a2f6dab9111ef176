/** The first screen: what is being sent now, the last campaigns, customers and revenue, what changed. */
import { Group, SimpleGrid, Skeleton, Stack, Text } from '@mantine/core';
import { FormattedNumber } from 'react-intl';
import { useQuery } from 'urql';
import { Figure } from '../../components/figure';
import { useMoney } from '../../components/money';
import { Panel } from '../../components/panel';
import { Problem } from '../../components/problem';
import { Screen } from '../../components/screen';
import type { FiguresQuery } from '../../gql/graphql';
import { useTexts } from '../../texts';
import { Bars, type Month } from './bars';
import { Active, Last } from './campaigns';
import { FIGURES, INSIGHTS } from './queries';

export default function Page() {
  const text = useTexts();
  const [{ data, error }, again] = useQuery({ query: FIGURES });
  return (
    <Screen title={text('home.title')}>
      <Sums stats={data?.customerStats} />
      <SimpleGrid cols={{ base: 1, md: 2 }}>
        <Active />
        <Last />
      </SimpleGrid>
      {error && !data ? (
        <Problem
          error={error}
          onRetry={() => {
            again({ requestPolicy: 'network-only' });
          }}
        />
      ) : (
        <Charts data={data} />
      )}
      <Insights />
    </Screen>
  );
}

function Sums({ stats }: { stats: FiguresQuery['customerStats'] | undefined }) {
  const text = useTexts();
  const money = useMoney();
  return (
    <SimpleGrid cols={{ base: 2, md: 4 }} spacing="sm">
      <Figure label={text('home.customers')}>{stats && <FormattedNumber value={stats.total} />}</Figure>
      <Figure label={text('home.activeCustomers')}>
        {stats && <FormattedNumber value={stats.active} />}
      </Figure>
      <Figure label={text('home.newCustomers')}>
        {stats && <FormattedNumber value={stats.newLast30Days} />}
      </Figure>
      <Figure label={text('home.spend')}>{stats && money(stats.totalSpend, true)}</Figure>
    </SimpleGrid>
  );
}

const MONTHS = 12;

function Charts({ data }: { data: FiguresQuery | undefined }) {
  const text = useTexts();
  const customers = data?.customerStats?.customersByMonth.map(({ at, value }) => ({
    month: at.slice(0, 7),
    value: Number(value),
  }));
  const revenue = data?.report?.rows.map(({ key, values }) => ({
    month: key,
    value: Number(values[0] ?? 0),
  }));
  return (
    <SimpleGrid cols={{ base: 1, md: 2 }}>
      <Panel title={text('home.revenue')} mih={400}>
        <Chart rows={revenue} isMoney />
      </Panel>
      <Panel title={text('home.customersByMonth')} mih={400}>
        <Chart rows={customers} />
      </Panel>
    </SimpleGrid>
  );
}

function Chart({ rows, isMoney = false }: { rows: Month[] | undefined; isMoney?: boolean }) {
  const text = useTexts();
  if (rows === undefined) return <Skeleton height={340} />;
  if (rows.length === 0) return <Text c="dimmed">{text('home.chart.empty')}</Text>;
  return <Bars rows={rows.slice(-MONTHS).reverse()} isMoney={isMoney} />;
}

function Insights() {
  const text = useTexts();
  const [{ data, fetching }] = useQuery({ query: INSIGHTS });
  const insights = data?.insights;
  return (
    <Panel title={text('home.insights')} mih={120}>
      {fetching && !insights && <Skeleton height={60} />}
      {insights?.length === 0 && <Text c="dimmed">{text('home.insights.empty')}</Text>}
      <Stack gap="sm">
        {insights?.map((insight) => (
          <Group key={insight.title} gap={4}>
            <Text size="sm" fw={600} w="100%">
              {insight.title}
            </Text>
            <Text size="sm">{insight.text}</Text>
          </Group>
        ))}
      </Stack>
    </Panel>
  );
}
