// graphql-ws alone: all operations over one websocket, its own retries.
import { createClient } from "graphql-ws";
import WebSocket from "ws";

// Browsers have it, and so has Node from 22 on; Apollo Client's link looks at it when a connection breaks off.
globalThis.WebSocket ??= WebSocket;

/** The options that urql and Apollo Client get too. `seen` collects what became of the connection. */
export function socketClient({ url, token, seen, lazy = true, retry = true, onConnected }) {
  return createClient({
    url: `${url.replace(/^http/, "ws")}/graphql`,
    webSocketImpl: WebSocket,
    connectionParams: async () => ({ Authorization: `Bearer ${await token()}` }),
    lazy,
    retryAttempts: retry ? 100 : 0,
    // By default the client gives up on a server that is not there at all; a restart has such a moment.
    shouldRetry: () => true,
    retryWait: () => new Promise((resolve) => setTimeout(resolve, 100)),
    on: {
      connected: () => {
        seen.connected += 1;
        onConnected?.();
      },
      closed: (event) => seen.closed.push([event.code, event.reason]),
      ping: (received) => (seen.pings += received ? 1 : 0),
    },
  });
}

export function adapt(options) {
  const client = socketClient(options);
  return {
    async execute(query, variables) {
      for await (const result of client.iterate({ query, variables })) return result;
    },
    // The client sends the payload anew at each retry; so `variables` may move on meanwhile.
    watch(query, variables, onResult) {
      return new Promise((resolve, reject) => {
        const stop = client.subscribe(
          { query, variables },
          {
            next: (result) => {
              if (onResult(result)) stop();
            },
            error: reject,
            complete: resolve,
          },
        );
      });
    },
    close: () => client.dispose(),
  };
}
