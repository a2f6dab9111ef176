/** Revenue, customers and deliveries by time, place or channel: chosen in the address, drawn, and told exactly. */
import { Alert, Card, Group, Skeleton, Stack, Text } from '@mantine/core';
import { useSearch } from '@tanstack/react-router';
import { lazy, Suspense, useMemo } from 'react';
import { useIntl } from 'react-intl';
import { useQuery } from 'urql';
import { fetched } from '../../api/fetched';
import { Empty } from '../../components/empty';
import { Figure } from '../../components/figure';
import { ButtonLink } from '../../components/link';
import { Problem } from '../../components/problem';
import { Screen } from '../../components/screen';
import { useTexts } from '../../texts';
import { choiceOf, isTime, type Choice } from './choices';
import { Controls } from './controls';
import { Downloads } from './downloads';
import { FiguresTable } from './figures-table';
import { rowsOf, sum, type Report, type Row } from './figures';
import { REPORT, SAVED_REPORTS } from './queries';
import { SavedReports, type SavedReport } from './saved';
import { before, spanOf, type Span } from './spans';
import { useWords } from './words';

const Chart = lazy(() => fetched(() => import('./chart')));

export default function Page() {
  const text = useTexts();
  const search = useSearch({ from: '/reports' });
  const [{ data, error, fetching, stale }, again] = useQuery({ query: SAVED_REPORTS });
  const reports = data?.savedReports ?? undefined;
  const saved = reports?.find((one) => one.id === search.saved);
  if (!search.saved || saved) return <Looked reports={reports} saved={saved} />;
  return (
    <Screen title={text('reports.title')}>
      {error && !reports && (
        <Problem
          error={error}
          onRetry={() => {
            again({ requestPolicy: 'network-only' });
          }}
        />
      )}
      {reports && !fetching && !stale && (
        <Empty next={<ButtonLink to="/reports">{text('reports.saved.all')}</ButtonLink>}>
          {text('reports.saved.missing')}
        </Empty>
      )}
      {!error && (!reports || fetching || stale) && <Skeleton height={720} aria-busy />}
    </Screen>
  );
}

/** The report that the address asks for. */
function Looked({
  reports,
  saved,
}: {
  reports: readonly SavedReport[] | undefined;
  saved: SavedReport | undefined;
}) {
  const text = useTexts();
  const search = useSearch({ from: '/reports' });
  const choice = useMemo(() => choiceOf(search, saved ?? null), [search, saved]);
  const span = useMemo(() => spanOf(choice, new Date()), [choice]);
  const isChosen = choice.period !== 'own' || span !== null;
  const [now, again] = useReport(choice, span, !isChosen);
  const earlier = useMemo(() => span && choice.compare && before(span, choice.by), [span, choice]);
  const [then, againThen] = useReport(choice, earlier || null, !isChosen || !earlier);
  const report = now.data?.report;
  const past = earlier ? then.data?.report : null;
  const problem = report ? earlier && !past && then.error : now.error;
  return (
    <Screen
      title={saved?.name ?? text('reports.title')}
      aside={<SavedReports reports={reports} opened={saved} choice={choice} />}
    >
      <Controls choice={choice} canCompare={span !== null} />
      {saved?.ruleText && (
        <Alert color="blue" p="xs" style={{ overflowWrap: 'anywhere' }}>
          {text('reports.whose', { rule: saved.ruleText })}
        </Alert>
      )}
      {problem ? (
        <Problem
          error={problem}
          onRetry={() => {
            (report ? againThen : again)({ requestPolicy: 'network-only' });
          }}
        />
      ) : (
        <Stack aria-busy={isChosen && (now.fetching || now.stale)}>
          {!isChosen && (
            <Empty>{text(isReversed(choice) ? 'reports.own.reversed' : 'reports.own.empty')}</Empty>
          )}
          {isChosen && (!report || past === undefined) && <Skeleton height={620} />}
          {isChosen && report && past !== undefined && (
            <Shown report={report} past={past} choice={choice} span={span} />
          )}
        </Stack>
      )}
    </Screen>
  );
}

function isReversed({ from, until }: Choice): boolean {
  return from !== undefined && until !== undefined && from > until;
}

function useReport({ metrics, by, rule }: Choice, span: Span | null, pause: boolean) {
  const timeZone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  return useQuery({
    query: REPORT,
    variables: {
      metrics,
      by,
      from: span?.from.toISOString() ?? null,
      until: span?.until.toISOString() ?? null,
      timeZone,
      rule,
      first: isTime(by) ? 400 : 100,
    },
    pause,
  });
}

function Shown({
  report,
  past,
  choice,
  span,
}: {
  report: Report;
  past: Report | null;
  choice: Choice;
  span: Span | null;
}) {
  const text = useTexts();
  const intl = useIntl();
  const rows = useMemo(() => rowsOf(report, past, choice), [report, past, choice]);
  if (!rows.some((row) => row.values.some((value) => Number(value) !== 0)))
    return (
      <Card withBorder>
        <Empty next={<ButtonLink to="/imports/new">{text('reports.empty.next')}</ButtonLink>}>
          {text('reports.empty')}
        </Empty>
      </Card>
    );
  return (
    <>
      {isTime(choice.by) && <Totals rows={rows} choice={choice} />}
      <Card withBorder p="md">
        <Suspense fallback={<Skeleton height={300} />}>
          <Chart rows={rows} choice={choice} />
        </Suspense>
      </Card>
      <Card withBorder p="md">
        <Group justify="space-between" mb="sm">
          <Text size="sm" c="dimmed">
            {text('reports.asOf', {
              moment: intl.formatDate(report.asOf, { dateStyle: 'medium', timeStyle: 'short' }),
            })}
          </Text>
          <Downloads rows={rows} choice={choice} span={span} />
        </Group>
        <FiguresTable rows={rows} choice={choice} />
        {report.truncated && (
          <Text size="sm" c="dimmed" mt="xs">
            {text('reports.truncated', { count: rows.length })}
          </Text>
        )}
      </Card>
    </>
  );
}

/** What the rows come to; only of what adds up. */
function Totals({ rows, choice }: { rows: readonly Row[]; choice: Choice }) {
  const text = useTexts();
  const { value, change } = useWords();
  const { metrics } = choice;
  const summed = metrics.flatMap((metric, index) =>
    metric === 'AVERAGE_ORDER' || metric === 'DELIVERY_RATE'
      ? []
      : [{ metric, total: sum(rows.map((row) => row.values[index] ?? null)) }],
  );
  const isCompared = rows.some((row) => row.before !== undefined);
  const past = sum(rows.map((row) => row.before ?? null));
  return (
    <Group gap="sm" grow preventGrowOverflow={false}>
      {summed.map(({ metric, total }, index) => (
        <Figure key={metric} label={`${text(`metric.${metric}`)} · ${text('reports.total')}`}>
          {value(metric, total)}
          {isCompared && index === 0 && Number(past) !== 0 && (
            <Text span size="sm" c="dimmed" fw={400} ms={8}>
              {change(Number(total) / Number(past) - 1)}
            </Text>
          )}
        </Figure>
      ))}
    </Group>
  );
}
