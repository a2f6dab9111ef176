/** The first figure of a report, drawn: upright over time, lying by place. The table below says the same. */
import '@mantine/charts/styles.css';
import { BarChart } from '@mantine/charts';
import { useTexts } from '../../texts';
import { isTime, type Choice } from './choices';
import type { Row } from './figures';
import { useWords } from './words';

const MOST_BARS = 15;

export default function Chart({ rows, choice }: { rows: readonly Row[]; choice: Choice }) {
  const text = useTexts();
  const { value, label } = useWords();
  const {
    by,
    metrics: [metric = 'CUSTOMERS'],
  } = choice;
  const isUpright = isTime(by);
  const shown = isUpright ? rows : rows.slice(0, MOST_BARS);
  const name = text(`metric.${metric}`);
  const isCompared = rows.some((row) => row.before !== undefined);
  return (
    <div role="img" aria-label={text('reports.chart', { metric: name, by: text(`reports.by.${by}`) })}>
      <BarChart
        h={isUpright ? 300 : 60 + 34 * shown.length}
        data={shown.map((row) => ({
          label: label(by, row),
          now: Number(row.values[0] ?? 0),
          before: Number(row.before ?? 0),
        }))}
        dataKey="label"
        orientation={isUpright ? 'horizontal' : 'vertical'}
        gridAxis={isUpright ? 'y' : 'x'}
        withLegend={isCompared}
        yAxisProps={{ width: isUpright ? 80 : 120 }}
        barProps={{ isAnimationActive: false, radius: 2 }}
        barChartProps={{ accessibilityLayer: false }}
        series={[
          { name: 'now', label: name, color: 'indigo.6' },
          ...(isCompared
            ? [{ name: 'before', label: text('metric.before', { metric: name }), color: 'gray.5' }]
            : []),
        ]}
        valueFormatter={(number) => value(metric, String(number), true)}
      />
    </div>
  );
}
