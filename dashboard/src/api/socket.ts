/** The one websocket of the page: it comes back by itself, and only where that helps. */
import { createClient } from 'graphql-ws';
import { stringifyDocument, type TypedDocumentNode } from 'urql';
import { setConnection } from './connection';
import { backoff, subscribeResuming, type Sink } from './resuming';
import { accessToken, forgetAccessToken } from './session';
import { untilSignedIn } from './standing';

const FORBIDDEN = 4403;
const TOKEN_EXPIRED = 4440;
const PING_EVERY_MS = 15_000;
const SILENCE_MS = 10_000;

let silence: ReturnType<typeof setTimeout> | undefined;

const socket = createClient({
  url: `${window.location.origin.replace(/^http/, 'ws')}/graphql`,
  // Asked for at each connection: a socket whose token has expired comes back with a new one.
  connectionParams: async () => ({ Authorization: `Bearer ${(await accessToken()) ?? ''}` }),
  retryAttempts: Infinity,
  retryWait: async (tries) => {
    await backoff(tries);
    await untilSignedIn();
  },
  // A closed connection and a server that is away are tried again, and so is a token that ended before its time, as
  // with a role that changed; where there is none any more, once somebody has signed in again.
  shouldRetry: (problem) => problem instanceof Event,
  keepAlive: PING_EVERY_MS,
  on: {
    connecting: (isRetrying) => {
      setConnection(isRetrying ? 'lost' : 'connecting');
    },
    connected: () => {
      setConnection('open');
    },
    // A network that vanishes closes nothing: who does not answer in time is gone.
    ping: (isReceived) => {
      if (!isReceived)
        silence = setTimeout(() => {
          socket.terminate();
        }, SILENCE_MS);
    },
    pong: (isReceived) => {
      if (isReceived) clearTimeout(silence);
    },
    closed: (event) => {
      clearTimeout(silence);
      const { code } = event as CloseEvent;
      if (code === TOKEN_EXPIRED || code === FORBIDDEN) forgetAccessToken();
      setConnection(code === 1000 ? 'idle' : 'lost');
    },
  },
});

export function subscribe(
  operation: { query: string; variables?: object | undefined },
  sink: Sink,
): () => void {
  const variables = { ...operation.variables };
  return subscribeResuming(socket, { query: operation.query, variables }, sink, forgetAccessToken);
}

/**
 * Events past the cache, for what comes by the thousand: each is handed to `take` once. Ends when the function
 * that it returns is called.
 */
export function follow<Data, Variables extends object>(
  document: TypedDocumentNode<Data, Variables>,
  variables: Variables,
  take: (data: Data) => void,
  fail: () => void,
): () => void {
  return subscribe(
    { query: stringifyDocument(document), variables },
    {
      next: (result) => {
        if (result.data) take(result.data as Data);
      },
      error: fail,
      complete: () => undefined,
    },
  );
}
