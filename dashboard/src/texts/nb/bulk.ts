import type { bulk as english } from '../en/bulk';

export const bulk: Record<keyof typeof english, string> = {
  'bulk.title': 'Massearbeid',
};
