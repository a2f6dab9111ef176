/** Revenue, customers and deliveries by time, place or channel: chosen in the address, drawn, and told exactly. */
import {
  Card,
  Checkbox,
  Group,
  SegmentedControl,
  Select,
  Skeleton,
  Stack,
  Text,
  TextInput,
} from '@mantine/core';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { lazy, Suspense, useMemo } from 'react';
import { useIntl } from 'react-intl';
import { useQuery } from 'urql';
import { fetched } from '../../api/fetched';
import { Empty } from '../../components/empty';
import { Figure } from '../../components/figure';
import { ButtonLink } from '../../components/link';
import { Problem } from '../../components/problem';
import { Screen } from '../../components/screen';
import type { ReportDimension } from '../../gql/graphql';
import { useTexts } from '../../texts';
import {
  choiceOf,
  isTime,
  OFFERS,
  PERIODS,
  searchOf,
  TOPICS,
  type Choice,
  type Period,
  type Topic,
} from './choices';
import { Downloads } from './downloads';
import { FiguresTable } from './figures-table';
import { rowsOf, sum, type Report, type Row } from './figures';
import { REPORT } from './queries';
import { before, spanOf, type Span } from './spans';
import { useWords } from './words';

const Chart = lazy(() => fetched(() => import('./chart')));

export default function Page() {
  const text = useTexts();
  const search = useSearch({ from: '/reports' });
  const choice = useMemo(() => choiceOf(search), [search]);
  const span = useMemo(() => spanOf(choice, new Date()), [choice]);
  const isChosen = choice.period !== 'own' || span !== null;
  const [now, again] = useReport(choice, span, !isChosen);
  const earlier = useMemo(() => span && choice.compare && before(span, choice.by), [span, choice]);
  const [then] = useReport(choice, earlier || null, !isChosen || !earlier);
  const report = now.data?.report;
  const past = earlier ? then.data?.report : null;
  return (
    <Screen title={text('reports.title')}>
      <Choices choice={choice} canCompare={span !== null} />
      {now.error && !report ? (
        <Problem
          error={now.error}
          onRetry={() => {
            again({ requestPolicy: 'network-only' });
          }}
        />
      ) : (
        <Stack aria-busy={isChosen && (now.fetching || now.stale)}>
          {!isChosen && <Empty>{text('reports.own.empty')}</Empty>}
          {isChosen && (!report || past === undefined) && <Skeleton height={620} />}
          {isChosen && report && past !== undefined && (
            <Shown report={report} past={past} choice={choice} span={span} />
          )}
        </Stack>
      )}
    </Screen>
  );
}

function useReport({ topic, by }: Choice, span: Span | null, pause: boolean) {
  const { metrics } = OFFERS[topic];
  const timeZone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  return useQuery({
    query: REPORT,
    variables: {
      metrics,
      by,
      from: span?.from.toISOString() ?? null,
      until: span?.until.toISOString() ?? null,
      timeZone,
      first: isTime(by) ? 400 : 100,
    },
    pause,
  });
}

function Choices({ choice, canCompare }: { choice: Choice; canCompare: boolean }) {
  const text = useTexts();
  const navigate = useNavigate({ from: '/reports' });
  const { topic, by, period } = choice;
  const go = (change: Partial<Choice>) => {
    void navigate({ search: searchOf({ ...choice, ...change }), replace: true });
  };
  return (
    <Card withBorder p="md">
      <Group align="flex-end" gap="md">
        <SegmentedControl
          aria-label={text('reports.topic')}
          data={TOPICS.map((value) => ({ value, label: text(`topic.${value}`) }))}
          value={topic}
          onChange={(value: Topic) => {
            go({ topic: value, by: OFFERS[value].by.includes(by) ? by : 'MONTH' });
          }}
        />
        <Select
          label={text('reports.by')}
          w={140}
          allowDeselect={false}
          data={OFFERS[topic].by.map((value) => ({ value, label: text(`reports.by.${value}`) }))}
          value={by}
          onChange={(value) => {
            go({ by: value as ReportDimension });
          }}
        />
        <Select
          label={text('reports.period')}
          w={170}
          allowDeselect={false}
          data={PERIODS.map((value) => ({ value, label: text(`reports.period.${value}`) }))}
          value={period}
          onChange={(value) => {
            go({ period: value as Period });
          }}
        />
        {period === 'own' &&
          (['from', 'until'] as const).map((end) => (
            <TextInput
              key={end}
              type="date"
              w={150}
              label={text(`reports.${end}`)}
              value={choice[end] ?? ''}
              onChange={(event) => {
                go({ [end]: event.currentTarget.value });
              }}
            />
          ))}
        <Checkbox
          mb={8}
          label={text('reports.compare')}
          disabled={!canCompare}
          checked={choice.compare && canCompare}
          onChange={(event) => {
            go({ compare: event.currentTarget.checked });
          }}
        />
      </Group>
    </Card>
  );
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
  const { metrics } = OFFERS[choice.topic];
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
