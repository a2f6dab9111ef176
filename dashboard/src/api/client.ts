/** The client of the API: a normalised cache, documents by their hashes, subscriptions over one websocket. */
import { authExchange } from '@urql/exchange-auth';
import { cacheExchange } from '@urql/exchange-graphcache';
import { persistedExchange } from '@urql/exchange-persisted';
import { Client, fetchExchange, mapExchange, subscriptionExchange, type ExecutionResult } from 'urql';
import { newestStates } from './newest';
import { accessToken, forgetAccessToken } from './session';
import { subscribe } from './socket';
import { updates } from './updates';

/** Values that have no identity of their own belong to the object that they were asked of. */
const keyOf = (data: { id?: unknown }) => (typeof data.id === 'string' ? data.id : null);

const OVER_HTTP = {
  url: '/graphql',
  preferGetMethod: false,
  // Errors within an answer are no failure of the request, which browsers would log.
  fetchOptions: { headers: { accept: 'application/json' } },
} as const;

/** For who is not signed in: what it hears is kept nowhere. */
export function makeStrangersClient(): Client {
  return new Client({ ...OVER_HTTP, exchanges: [fetchExchange] });
}

export function makeClient(): Client {
  const guard = newestStates();
  return new Client({
    ...OVER_HTTP,
    requestPolicy: 'cache-and-network',
    exchanges: [
      cacheExchange({ keys: new Proxy({}, { get: () => keyOf }), updates }),
      mapExchange({
        onResult: (result) => ({ ...result, data: guard(result.data) }),
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
      // Hashes are of the text that is sent: the cache adds to what is written here.
      persistedExchange({ preferGetForPersistedQueries: false }),
      fetchExchange,
      subscriptionExchange({
        forwardSubscription: (request) => ({
          subscribe: (sink) => ({
            unsubscribe: subscribe(
              { query: request.query ?? '', variables: request.variables },
              {
                next: (result) => {
                  sink.next({ ...result, data: result.data ?? null } as ExecutionResult);
                },
                error: (problem) => {
                  sink.error(problem);
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
