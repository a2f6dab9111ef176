/** Spans of time in the reader's zone: the one that is asked about, and the one before it of the same length. */
import type { ReportDimension } from '../../gql/graphql';
import type { Choice } from './choices';

export interface Span {
  from: Date;
  /** Not included. */
  until: Date;
}

const DAY_MS = 86_400_000;
/** Days outside are those of a year that is still typed: 0002 on the way to 2026. */
const FIRST = '1000-01-01';
const LAST = '9998-12-31';
const DAYS = { '30d': 30, '90d': 90 } as const;

function shifted(day: Date, days: number, months = 0): Date {
  return new Date(day.getFullYear(), day.getMonth() + months, day.getDate() + days);
}

/** Local midnight of a day as an address names it. */
function midnight(day: string): Date {
  return new Date(`${day}T00:00:00`);
}

/** Whole weeks and months, so that no first row is a part of one. */
function begun(day: Date, by: ReportDimension): Date {
  if (by === 'WEEK') return shifted(day, -((day.getDay() + 6) % 7));
  return by === 'MONTH' ? new Date(day.getFullYear(), day.getMonth(), 1) : day;
}

/** The span of a choice; null for all of time, and while an own one has no beginning and end. */
export function spanOf({ period, by, from, until }: Choice, now: Date): Span | null {
  const today = new Date(now.getFullYear(), now.getMonth(), now.getDate());
  const tomorrow = shifted(today, 1);
  if (period === 'all') return null;
  if (period === '12m') {
    const first = new Date(today.getFullYear(), today.getMonth() - 11, 1);
    return { from: begun(first, by), until: tomorrow };
  }
  if (period !== 'own') return { from: begun(shifted(tomorrow, -DAYS[period]), by), until: tomorrow };
  if (!from || !until || from > until || from < FIRST || until > LAST) return null;
  return { from: begun(midnight(from), by), until: shifted(midnight(until), 1) };
}

/** As long, and cut alike: a week that is half over is held against half a week. */
export function before({ from, until }: Span, by: ReportDimension): Span {
  if (by === 'MONTH') {
    const last = shifted(until, -1);
    const months = 12 * (last.getFullYear() - from.getFullYear()) + last.getMonth() - from.getMonth() + 1;
    const end = new Date(until.getFullYear(), until.getMonth() - months, 1);
    // A shorter month ends before the day that is asked for.
    const days = new Date(end.getFullYear(), end.getMonth() + 1, 0).getDate();
    return { from: shifted(from, 0, -months), until: shifted(end, Math.min(until.getDate(), days + 1) - 1) };
  }
  const days = Math.round((until.getTime() - from.getTime()) / DAY_MS);
  const whole = by === 'WEEK' ? 7 * Math.ceil(days / 7) : days;
  return { from: shifted(from, -whole), until: shifted(until, -whole) };
}
