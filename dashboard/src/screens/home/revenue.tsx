import '@mantine/charts/styles.css';
import { BarChart } from '@mantine/charts';
import { useIntl } from 'react-intl';
import type { HomeQuery } from '../../gql/graphql';
import { useTexts } from '../../texts';

export default function Revenue({ rows }: { rows: NonNullable<HomeQuery['report']>['rows'] }) {
  const text = useTexts();
  const intl = useIntl();
  return (
    <BarChart
      h={240}
      data={rows.map((row) => ({ month: row.label, revenue: Number(row.values[0] ?? 0) }))}
      dataKey="month"
      series={[{ name: 'revenue', label: text('home.revenue'), color: 'indigo.6' }]}
      valueFormatter={(value) => intl.formatNumber(value, { notation: 'compact' })}
    />
  );
}
