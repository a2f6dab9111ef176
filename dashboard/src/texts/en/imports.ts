export const imports = {
  'imports.title': 'Imports',
} as const;
