/** Time zones that the browser knows, for a field to choose from. */
import { useMemo } from 'react';

export function useTimeZones(): string[] {
  return useMemo(() => ['UTC', ...Intl.supportedValuesOf('timeZone').filter((zone) => zone !== 'UTC')], []);
}
