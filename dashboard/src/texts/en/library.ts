export const library = {
  'library.title': 'Media library',
} as const;
