/** The first screen: what is being sent now, the last campaigns, customers and revenue, what changed. */
import { SimpleGrid, Skeleton, Text } from '@mantine/core';
import { useInterval } from '@mantine/hooks';
import { FormattedNumber, useIntl } from 'react-intl';
import { useQuery } from 'urql';
import { Empty } from '../../components/empty';
import { Figure } from '../../components/figure';
import { ButtonLink } from '../../components/link';
import { useMoney } from '../../components/money';
import { Panel } from '../../components/panel';
import { useViewer } from '../../components/permissions';
import { Problem } from '../../components/problem';
import { Screen } from '../../components/screen';
import type { FiguresQuery } from '../../gql/graphql';
import { useTexts } from '../../texts';
import { Active } from './active';
import { Bars, type Month } from './bars';
import { FirstSteps, useSteps } from './first-steps';
import { Insights } from './insights';
import { Last } from './last';
import { FIGURES } from './queries';

export default function Page() {
  const text = useTexts();
  const viewer = useViewer();
  const isForImports = viewer?.role === 'INGESTOR';
  return (
    <Screen title={text('home.title')}>
      {isForImports ? (
        <Empty next={<ButtonLink to="/imports">{text('imports.title')}</ButtonLink>}>
          {text('home.forImports')}
        </Empty>
      ) : (
        <Overview />
      )}
    </Screen>
  );
}

const COUNTED_AGAIN_MS = 30_000;

function Overview() {
  const text = useTexts();
  const intl = useIntl();
  const steps = useSteps();
  const [{ data, error }, again] = useQuery({ query: FIGURES });
  const isNew = steps?.[0]?.isDone === false;
  useInterval(
    () => {
      again({ requestPolicy: 'network-only' });
    },
    COUNTED_AGAIN_MS,
    { autoInvoke: true },
  );
  return (
    <>
      {steps?.some(({ isDone }) => !isDone) && <FirstSteps steps={steps} />}
      {!isNew && (
        <>
          <Sums stats={data?.customerStats} />
          <Text size="xs" c="dimmed" mih={18} mt={-8}>
            {data?.customerStats &&
              text('home.asOf', {
                time: intl.formatDate(data.customerStats.asOf, { dateStyle: 'medium', timeStyle: 'short' }),
              })}
          </Text>
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
        </>
      )}
    </>
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
  if (rows === undefined) return <Skeleton height={340} aria-busy />;
  if (rows.length === 0) return <Text c="dimmed">{text('home.chart.empty')}</Text>;
  return <Bars rows={lastMonths(rows)} isMoney={isMoney} />;
}

/** The newest first; months of nothing are there too. */
function lastMonths(rows: readonly Month[]): Month[] {
  const values = new Map(rows.map(({ month, value }) => [month, value]));
  return Array.from({ length: MONTHS }, (_, back) => {
    const middle = new Date(`${rows.at(-1)?.month ?? ''}-15`);
    middle.setUTCMonth(middle.getUTCMonth() - back);
    const month = middle.toISOString().slice(0, 7);
    return { month, value: values.get(month) ?? 0 };
  });
}
