/** The page: a bar with the access token, and GraphiQL with its explorer under it. */
import './address';
import 'graphiql/setup-workers/vite';
import 'graphiql/style.css';
import '@graphiql/plugin-explorer/style.css';
import './page.css';

import { explorerPlugin } from '@graphiql/plugin-explorer';
import { HISTORY_PLUGIN } from '@graphiql/plugin-history';
import { createGraphiQLFetcher } from '@graphiql/toolkit';
import { GraphiQL } from 'graphiql';
import { StrictMode, useMemo, useState } from 'react';
import { createRoot } from 'react-dom/client';

import { TokenBar } from './TokenBar';
import { keepToken, keptToken } from './token';
import tour from './tour.graphql?raw';

const PLUGINS = [explorerPlugin(), HISTORY_PLUGIN];
const VARIABLES = '{\n  "audienceId": "",\n  "campaignId": ""\n}';

function makeFetcher(token: string) {
  const headers: Record<string, string> = token ? { Authorization: `Bearer ${token}` } : {};
  const socket = new URL('/graphql', window.location.href);
  socket.protocol = socket.protocol === 'https:' ? 'wss:' : 'ws:';
  return createGraphiQLFetcher({
    url: '/graphql',
    headers,
    subscriptionUrl: socket.href,
    wsConnectionParams: headers,
    enableIncrementalDelivery: false,
  });
}

function Page() {
  const [token, setToken] = useState(keptToken);
  // GraphiQL asks for the schema again whenever its fetcher changes.
  const fetcher = useMemo(() => makeFetcher(token), [token]);
  const change = (next: string) => {
    keepToken(next);
    setToken(next);
  };
  return (
    <>
      <TokenBar token={token} onChange={change} />
      <GraphiQL
        fetcher={fetcher}
        plugins={PLUGINS}
        defaultQuery={tour}
        initialVariables={window.localStorage.getItem('graphiql:variables') ?? VARIABLES}
        defaultEditorToolsVisibility="variables"
        shouldPersistHeaders={false}
        inputValueDeprecation
        schemaDescription
      >
        <GraphiQL.Logo> </GraphiQL.Logo>
      </GraphiQL>
    </>
  );
}

createRoot(document.getElementById('root')!).render(
  <StrictMode>
    <Page />
  </StrictMode>,
);
