import react from '@vitejs/plugin-react';
import { formatDocument, stringifyDocument, type TypedDocumentNode } from 'urql';
import { defineConfig, runnerImport, type Plugin } from 'vite';

const crm = process.env['CRM_URL'] ?? 'http://127.0.0.1:8000';
const served = ['/ingest', '/media', '/exports', '/accounts'];

/**
 * documents.json: what the page sends, to the letter, for servers that run listed documents alone. Requests that
 * pass the cache are as it formats them, those past it as they are written.
 */
function documents(): Plugin {
  return {
    name: 'documents',
    apply: 'build',
    async generateBundle() {
      const { module } = await runnerImport<Record<string, TypedDocumentNode>>('./src/gql/graphql.ts');
      const texts = Object.values(module).flatMap((one) => [
        stringifyDocument(one),
        stringifyDocument(formatDocument(one) as TypedDocumentNode),
      ]);
      const source = JSON.stringify([...new Set(texts)]);
      this.emitFile({ type: 'asset', fileName: 'documents.json', source });
    },
  };
}

export default defineConfig({
  // The API serves what is built here: see crm_graphql/server/transports/dashboard.py.
  base: '/dashboard/',
  plugins: [react(), documents()],
  build: {
    outDir: '../crm_graphql/static/dashboard',
    emptyOutDir: true,
    rolldownOptions: {
      output: {
        // The first script is one file: far from the server each file waits its turn.
        codeSplitting: { groups: [{ name: 'first', tags: ['$initial'] }] },
      },
    },
  },
  server: {
    proxy: {
      '/graphql': { target: crm, ws: true },
      ...Object.fromEntries(served.map((path) => [path, { target: crm }])),
    },
  },
});
