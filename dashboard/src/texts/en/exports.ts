export const exports = {
  'exports.title': 'Exports',
} as const;
