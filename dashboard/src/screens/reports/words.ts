/** Rows and values of reports in the reader's words. */
import { useIntl } from 'react-intl';
import { useMoney } from '../../components/money';
import type { ReportDimension, ReportMetric } from '../../gql/graphql';
import { useTexts } from '../../texts';
import { MONEY, type Row } from './figures';

export function useWords() {
  const text = useTexts();
  const intl = useIntl();
  const money = useMoney();

  const value = (metric: ReportMetric, amount: string | null | undefined, isCompact = false) => {
    if (amount === null || amount === undefined) return '–';
    if (MONEY.includes(metric)) return money(amount, isCompact);
    if (metric === 'DELIVERY_RATE')
      return intl.formatNumber(Number(amount), { style: 'percent', maximumFractionDigits: 2 });
    return intl.formatNumber(Number(amount), isCompact ? { notation: 'compact' } : {});
  };

  const label = (by: ReportDimension, row: Row) => {
    if (row.key === '') return text('reports.notSet');
    if (by === 'CHANNEL') return text(`channel.${row.key as 'EMAIL'}`);
    if (by === 'COUNTRY' && /^[a-z]{2}$/i.test(row.key))
      return intl.formatDisplayName(row.key.toUpperCase(), { type: 'region' }) ?? row.label;
    if (row.at === null) return row.label;
    const at = `${row.at}T12:00:00`;
    return by === 'MONTH'
      ? intl.formatDate(at, { month: 'short', year: 'numeric' })
      : intl.formatDate(at, { day: 'numeric', month: 'short', year: '2-digit' });
  };

  const change = (share: number | null) =>
    share === null
      ? '–'
      : intl.formatNumber(share, { style: 'percent', maximumFractionDigits: 1, signDisplay: 'exceptZero' });

  return { value, label, change };
}
