// urql: queries and mutations by fetch, subscriptions over graphql-ws, persisted queries when asked for.
import { Client, fetchExchange, subscriptionExchange } from "@urql/core";
import { persistedExchange } from "@urql/exchange-persisted";
import { onEnd, pipe, subscribe } from "wonka";
import { socketClient } from "./graphql_ws.mjs";

export async function adapt({ url, token, seen, persisted = false, fetch: fetchFn = fetch }) {
  const bearer = await token();
  const socket = socketClient({ url, token, seen, retry: false });
  const client = new Client({
    url: `${url}/graphql`,
    preferGetMethod: false,
    fetch: fetchFn,
    fetchOptions: () => ({ headers: { Authorization: `Bearer ${bearer}` } }),
    requestPolicy: "network-only",
    exchanges: [
      ...(persisted ? [persistedExchange({ preferGetForPersistedQueries: true })] : []),
      fetchExchange,
      subscriptionExchange({
        forwardSubscription: ({ query, variables }) => ({
          subscribe: (sink) => ({ unsubscribe: socket.subscribe({ query: query ?? "", variables }, sink) }),
        }),
      }),
    ],
  });
  const plain = ({ data, error }) => ({ data, ...(error ? { errors: [String(error)] } : {}) });

  function watchOnce(query, variables, onResult) {
    return new Promise((resolve) => {
      const { unsubscribe } = pipe(
        client.subscription(query, { ...variables }),
        onEnd(() => resolve(false)),
        subscribe((result) => {
          const isOver = result.error ? true : onResult({ data: result.data });
          if (isOver) {
            resolve(!result.error);
            queueMicrotask(() => unsubscribe());
          }
        }),
      );
    });
  }

  return {
    execute: async (query, variables) =>
      plain(
        await (query.startsWith("mutation") ? client.mutation(query, variables) : client.query(query, variables)),
      ),
    // A subscription that broke off is made again, from the cursor that `variables` has then.
    async watch(query, variables, onResult) {
      while (!(await watchOnce(query, variables, onResult))) await new Promise((go) => setTimeout(go, 100));
    },
    close: () => socket.dispose(),
  };
}
