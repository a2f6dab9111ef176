import '@mantine/charts/styles.css';
import { BarChart } from '@mantine/charts';
import { useIntl } from 'react-intl';
import { useMoney } from '../../components/money';

export default function Bars({
  rows,
  label,
  isMoney,
}: {
  rows: { month: string; value: number }[];
  label: string;
  isMoney: boolean;
}) {
  const intl = useIntl();
  const money = useMoney();
  const compact = (value: number) =>
    isMoney ? money(value, true) : intl.formatNumber(value, { notation: 'compact' });
  return (
    <div role="img" aria-label={label}>
      <BarChart
        h={220}
        data={rows.map(({ month, value }) => ({
          value,
          month: intl.formatDate(`${month}-01T12:00:00Z`, { month: 'short', year: '2-digit' }),
        }))}
        dataKey="month"
        barChartProps={{ accessibilityLayer: false }}
        barProps={{ isAnimationActive: false, maxBarSize: 56 }}
        series={[{ name: 'value', label, color: 'indigo.6' }]}
        valueFormatter={compact}
      />
    </div>
  );
}
