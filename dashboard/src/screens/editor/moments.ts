/** Moments as the clocks of a zone show them, and back. */
import dayjs from 'dayjs';
import customParseFormat from 'dayjs/plugin/customParseFormat';
import 'dayjs/locale/nb';
import timezone from 'dayjs/plugin/timezone';
import utc from 'dayjs/plugin/utc';
import type { IntlShape } from 'react-intl';

// Typed days are read by the format that they are shown in.
dayjs.extend(customParseFormat);
dayjs.extend(utc);
dayjs.extend(timezone);

const LOCAL = 'YYYY-MM-DD HH:mm:ss';

/** The zone of this machine. */
export const HERE = Intl.DateTimeFormat().resolvedOptions().timeZone;

export const ZONES: readonly string[] = [...new Set(['UTC', HERE, ...Intl.supportedValuesOf('timeZone')])];

/** How days are written where the reader is: `DD/MM/YYYY`. */
export function dayFormatOf(intl: IntlShape): string {
  const names: Partial<Record<string, string>> = { day: 'DD', month: 'MM', year: 'YYYY' };
  return intl
    .formatDateToParts(new Date(), { day: '2-digit', month: '2-digit', year: 'numeric' })
    .map(({ type, value }) => names[type] ?? value)
    .join('');
}

/** A day as it was typed, `2027-03-01`; null for what is none, which is not taken for a day near to it. */
export function dayOf(typed: string, format: string): string | null {
  const plain = (written: string) => written.trim().replaceAll(/[^\dA-Z]+/g, '-');
  const full = plain(format);
  const short = full.replace('DD', 'D').replace('MM', 'M');
  const read = dayjs(plain(typed), [full, short, 'YYYY-MM-DD'], true);
  return read.isValid() ? read.format('YYYY-MM-DD') : null;
}

/** `2027-03-01 09:00:00` by the clocks of the zone, as a moment; null where it is none. */
export function momentOf(local: string, zone: string): string | null {
  const moment = dayjs.tz(local, zone);
  return moment.isValid() ? moment.toISOString() : null;
}

/** What the clocks of the zone show at the moment. */
export function localOf(moment: string, zone: string): string {
  return dayjs(moment).tz(zone).format(LOCAL);
}
