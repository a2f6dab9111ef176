import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

const crm = process.env['CRM_URL'] ?? 'http://127.0.0.1:8000';
const served = ['/ingest', '/media', '/exports', '/accounts'];

export default defineConfig({
  // The API serves what is built here: see crm_graphql/server/transports/dashboard.py.
  base: '/dashboard/',
  plugins: [react()],
  build: { outDir: '../crm_graphql/static/dashboard', emptyOutDir: true },
  server: {
    proxy: {
      '/graphql': { target: crm, ws: true },
      ...Object.fromEntries(served.map((path) => [path, { target: crm }])),
    },
  },
});
