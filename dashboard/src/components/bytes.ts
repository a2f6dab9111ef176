/** Sizes of files in the unit that fits them, by the reader's locale. */
import { useCallback } from 'react';
import { useIntl } from 'react-intl';

const UNITS = ['byte', 'kilobyte', 'megabyte', 'gigabyte', 'terabyte'] as const;

export function useBytes(): (bytes: number) => string {
  const intl = useIntl();
  return useCallback(
    (bytes) => {
      const step = bytes < 1000 ? 0 : Math.min(UNITS.length - 1, Math.floor(Math.log10(bytes) / 3));
      const shown = bytes / 1000 ** step;
      return intl.formatNumber(shown, {
        style: 'unit',
        unit: UNITS[step] ?? 'byte',
        unitDisplay: step ? 'short' : 'long',
        maximumFractionDigits: shown < 10 && step ? 1 : 0,
      });
    },
    [intl],
  );
}
