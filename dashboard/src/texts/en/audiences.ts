export const audiences = {
  'audiences.title': 'Audiences',
} as const;
