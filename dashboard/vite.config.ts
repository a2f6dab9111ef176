import react from '@vitejs/plugin-react';
import { formatDocument, stringifyDocument, type TypedDocumentNode } from 'urql';
import { defineConfig, runnerImport, type Plugin } from 'vite';

const crm = process.env['CRM_URL'] ?? 'http://127.0.0.1:8000';
const served = ['/ingest', '/media', '/exports', '/accounts', '/audit'];

type Documents = Record<string, TypedDocumentNode>;

const WRITTEN = /\bgraphql\(\s*`([^`]*)`,?\s*\)/g;
const IMPORTED = /^import \{ graphql \} from '[./]+\/gql';$/m;
const NAMED = /\b(query|mutation|subscription|fragment)\s+(\w+)/;

/**
 * Documents where they are written, so that each screen's script has its own; the module that generated types
 * come with has all of them, which the first script would carry.
 *
 * documents.json: what the page sends, to the letter, for servers that run listed documents alone. Requests that
 * pass the cache are as it formats them, those past it as they are written.
 */
function documents(): Plugin {
  let generated: Documents = {};
  return {
    name: 'documents',
    apply: 'build',
    enforce: 'pre',
    async buildStart() {
      generated = (await runnerImport<Documents>('./src/gql/graphql.ts')).module;
    },
    transform(code, id) {
      if (!IMPORTED.test(code) || !id.includes('/src/')) return null;
      const inlined = code.replace(IMPORTED, '').replace(WRITTEN, (_, source: string) => {
        const [, kind, name = ''] = NAMED.exec(source) ?? [];
        const found = generated[name + (kind === 'fragment' ? 'FragmentDoc' : 'Document')];
        if (!found) this.error(`no generated document for ${name}: run npm run types`);
        return `(${JSON.stringify(found)})`;
      });
      return { code: inlined, map: null };
    },
    generateBundle() {
      const texts = Object.values(generated).flatMap((one) => [
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
