/** What happened in each step of time since the launch. */
import '@mantine/charts/styles.css';
import { AreaChart } from '@mantine/charts';
import { useIntl } from 'react-intl';
import { useTexts } from '../../texts';
import type { Outcomes } from './live';

const SHOWN = [
  { name: 'sent', color: 'blue.5' },
  { name: 'delivered', color: 'teal.6' },
  { name: 'failed', color: 'red.6' },
] as const;

export default function Chart({ points }: { points: NonNullable<Outcomes['timeline']> }) {
  const text = useTexts();
  const intl = useIntl();
  return (
    <div role="img" aria-label={text('campaign.chart')}>
      <AreaChart
        h={240}
        data={points.map((point) => ({
          ...point,
          at: intl.formatTime(point.at, { timeStyle: 'medium' }),
        }))}
        dataKey="at"
        curveType="monotone"
        withLegend
        withDots={false}
        areaChartProps={{ accessibilityLayer: false }}
        areaProps={{ isAnimationActive: false }}
        series={SHOWN.map(({ name, color }) => ({ name, color, label: text(`stats.${name}`) }))}
        valueFormatter={(value) => intl.formatNumber(value)}
      />
    </div>
  );
}
