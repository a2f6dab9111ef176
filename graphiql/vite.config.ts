import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

export default defineConfig({
  // The API serves what is built here under this path, from its own files: see crm_graphql/server/transports/explorer.py.
  base: '/graphiql/',
  plugins: [react()],
  build: {
    outDir: '../crm_graphql/static/graphiql',
    emptyOutDir: true,
    chunkSizeWarningLimit: 6000,
  },
  worker: { format: 'es' },
  server: {
    proxy: { '/graphql': { target: 'http://127.0.0.1:8000', ws: true } },
  },
});
