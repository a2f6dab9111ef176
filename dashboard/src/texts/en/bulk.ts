export const bulk = {
  'bulk.title': 'Bulk work',
} as const;
