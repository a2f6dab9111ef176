import type { editor as english } from '../en/editor';

export const editor: Record<keyof typeof english, string> = {
  'editor.title': 'Kampanje',
};
