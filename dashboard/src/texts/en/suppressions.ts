export const suppressions = {
  'suppressions.title': 'Suppressions',
} as const;
