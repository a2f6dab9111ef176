/** Figures of reports: exact sums of decimals, rows beside those of the period before, and all of it as CSV. */
import type { ReportMetric, ReportQuery } from '../../gql/graphql';
import { isTime, type Choice } from './choices';

export type Report = NonNullable<ReportQuery['report']>;
type Decimal = string | null;

export interface Row {
  key: string;
  label: string;
  at: string | null;
  values: readonly Decimal[];
  /** The first metric of the period before; undefined where there is none to compare with. */
  before?: Decimal;
}

const PLACES = 4;

/** Of decimals as they stand: floats would lose what they cannot hold. */
export function sum(values: readonly Decimal[]): string {
  const total = values.reduce((so_far, value) => so_far + scaled(value ?? '0'), 0n);
  const sign = total < 0n ? '-' : '';
  const digits = String(total < 0n ? -total : total).padStart(PLACES + 1, '0');
  return `${sign}${digits.slice(0, -PLACES)}.${digits.slice(-PLACES)}`.replace(/\.?0+$/, '');
}

function scaled(value: string): bigint {
  const [whole = '0', part = ''] = value.replace('-', '').split('.');
  const size = BigInt(whole + part.padEnd(PLACES, '0').slice(0, PLACES));
  return value.startsWith('-') ? -size : size;
}

/** Stretches of time beside the one as far from the beginning; places beside the same place. */
export function rowsOf(report: Report, earlier: Report | null, { by }: Choice): Row[] {
  const byKey = new Map(earlier?.rows.map((row) => [row.key, row.values[0] ?? null]));
  return report.rows.map(({ key, label, at, values }, index) => ({
    key,
    label,
    at: at ?? null,
    values: values.map((value) => value ?? null),
    ...(earlier && {
      before: isTime(by) ? (earlier.rows[index]?.values[0] ?? null) : (byKey.get(key) ?? '0'),
    }),
  }));
}

/** How much more than before, as a share; null where nothing was before. */
export function changeOf({ values, before }: Row): number | null {
  const [now, then] = [Number(values[0]), Number(before)];
  return before === undefined || before === null || then === 0 ? null : now / then - 1;
}

/** A table for spreadsheets, which must not take a cell for a formula. */
export function csv(headings: readonly string[], rows: readonly (readonly string[])[]): string {
  const cell = (value: string) => {
    const isFormula = /^[=+@\t\r]|^-(?![\d.]+$)/.test(value);
    return `"${(isFormula ? `'${value}` : value).replaceAll('"', '""')}"`;
  };
  return [headings, ...rows].map((row) => row.map(cell).join(',')).join('\r\n') + '\r\n';
}

export const MONEY: readonly ReportMetric[] = ['REVENUE', 'AVERAGE_ORDER'];
