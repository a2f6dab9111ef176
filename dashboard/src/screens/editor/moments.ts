/** Moments as the clocks of a zone show them, and back. */
import dayjs from 'dayjs';
import customParseFormat from 'dayjs/plugin/customParseFormat';
import timezone from 'dayjs/plugin/timezone';
import utc from 'dayjs/plugin/utc';

// Typed days are read by the format that they are shown in.
dayjs.extend(customParseFormat);
dayjs.extend(utc);
dayjs.extend(timezone);

const LOCAL = 'YYYY-MM-DD HH:mm:ss';

/** The zone of this machine. */
export const HERE = Intl.DateTimeFormat().resolvedOptions().timeZone;

export const ZONES: readonly string[] = [...new Set(['UTC', HERE, ...Intl.supportedValuesOf('timeZone')])];

/** `2027-03-01 09:00:00` by the clocks of the zone, as a moment; null where it is none. */
export function momentOf(local: string, zone: string): string | null {
  const moment = dayjs.tz(local, zone);
  return moment.isValid() ? moment.toISOString() : null;
}

/** What the clocks of the zone show at the moment. */
export function localOf(moment: string, zone: string): string {
  return dayjs(moment).tz(zone).format(LOCAL);
}
