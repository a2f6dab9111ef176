import type { reports as english } from '../en/reports';

export const reports: Record<keyof typeof english, string> = {
  'reports.title': 'Rapporter',
};
