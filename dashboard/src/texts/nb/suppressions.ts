import type { suppressions as english } from '../en/suppressions';

export const suppressions: Record<keyof typeof english, string> = {
  'suppressions.title': 'Sperrede adresser',
};
