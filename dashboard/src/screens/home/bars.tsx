/** A figure of each month as a bar with its value in words: light enough for the first screen, and read aloud. */
import '@mantine/charts/styles.css';
import { BarsList } from '@mantine/charts';
import { useIntl } from 'react-intl';
import { useMoney } from '../../components/money';

export interface Month {
  /** As 2026-03. */
  month: string;
  value: number;
}

export function Bars({ rows, isMoney }: { rows: readonly Month[]; isMoney: boolean }) {
  const intl = useIntl();
  const money = useMoney();
  const most = Math.max(1, ...rows.map(({ value }) => value));
  return (
    <BarsList
      barHeight={22}
      barGap={4}
      barColor="indigo"
      barTextColor="var(--mantine-color-text)"
      // The value stands beside its bar: the longest must leave it room, or the longest ones all look the same.
      getBarProps={({ value }) => ({
        style: { maxWidth: `calc((100% - 6rem) * ${Math.max(0, value) / most})`, whiteSpace: 'nowrap' },
      })}
      data={rows.map(({ month, value }) => ({
        value,
        name: intl.formatDate(`${month}-01T12:00:00Z`, { month: 'long', year: 'numeric' }),
      }))}
      valueFormatter={(value) =>
        isMoney ? money(value, true) : intl.formatNumber(value, { notation: 'compact' })
      }
    />
  );
}
