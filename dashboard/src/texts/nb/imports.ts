import type { imports as english } from '../en/imports';

export const imports: Record<keyof typeof english, string> = {
  'imports.title': 'Importer',
};
