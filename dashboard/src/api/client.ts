/** The client of the API: a normalised cache, documents by their hashes, subscriptions over one websocket. */
import { authExchange } from '@urql/exchange-auth';
import { cacheExchange } from '@urql/exchange-graphcache';
import { persistedExchange } from '@urql/exchange-persisted';
import { createClient as createSocket } from 'graphql-ws';
import { Client, fetchExchange, subscriptionExchange, type DocumentInput, type ExecutionResult } from 'urql';
import { setConnection } from './connection';
import { accessToken, forgetAccessToken } from './session';

const socket = createSocket({
  url: `${window.location.origin.replace(/^http/, 'ws')}/graphql`,
  retryAttempts: Infinity,
  // Asked for at each connection: a socket whose token has expired comes back with a new one.
  connectionParams: async () => ({ Authorization: `Bearer ${(await accessToken()) ?? ''}` }),
  shouldRetry: () => true,
  on: {
    connecting: (isRetrying) => {
      setConnection(isRetrying ? 'lost' : 'connecting');
    },
    connected: () => {
      setConnection('open');
    },
    closed: (event) => {
      const { code } = event as CloseEvent;
      if (code === 4440 || code === 4401) forgetAccessToken();
      setConnection(code === 1000 ? 'idle' : 'lost');
    },
  },
});

interface Hashed {
  __meta__?: { hash?: string };
}

export function makeClient(): Client {
  return new Client({
    url: '/graphql',
    preferGetMethod: false,
    requestPolicy: 'cache-and-network',
    exchanges: [
      cacheExchange({
        // Values that have no identity of their own.
        keys: new Proxy({}, { get: () => undefined }),
      }),
      authExchange(async (utilities) => {
        let token = await accessToken();
        return {
          addAuthToOperation: (operation) =>
            token === null
              ? operation
              : utilities.appendHeaders(operation, { authorization: `Bearer ${token}` }),
          didAuthError: (error) =>
            error.graphQLErrors.some((one) => one.extensions['code'] === 'UNAUTHENTICATED'),
          refreshAuth: async () => {
            forgetAccessToken();
            token = await accessToken();
          },
          willAuthError: () => false,
        };
      }),
      persistedExchange({
        generateHash: (_, document) =>
          Promise.resolve((document as DocumentInput & Hashed).__meta__?.hash ?? ''),
        preferGetForPersistedQueries: false,
      }),
      fetchExchange,
      subscriptionExchange({
        forwardSubscription: (request) => ({
          subscribe: (sink) => ({
            unsubscribe: socket.subscribe(
              { query: request.query ?? '', variables: request.variables ?? {} },
              {
                next: (result) => {
                  sink.next({ ...result, data: result.data ?? null } as ExecutionResult);
                },
                error: (error) => {
                  sink.error(error);
                },
                complete: () => {
                  sink.complete();
                },
              },
            ),
          }),
        }),
      }),
    ],
  });
}
