import type { audiences as english } from '../en/audiences';

export const audiences: Record<keyof typeof english, string> = {
  'audiences.title': 'Målgrupper',
};
