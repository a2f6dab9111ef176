export const editor = {
  'editor.title': 'Campaign',
} as const;
