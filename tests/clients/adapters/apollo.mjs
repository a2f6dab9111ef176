// Apollo Client: queries and mutations by HttpLink, subscriptions over GraphQLWsLink, persisted when asked for.
import { ApolloClient, ApolloLink, gql, HttpLink, InMemoryCache } from "@apollo/client";
import { createPersistedQueryLink } from "@apollo/client/link/persisted-queries";
import { GraphQLWsLink } from "@apollo/client/link/subscriptions";
import { OperationTypeNode } from "graphql";
import { createHash } from "node:crypto";
import { socketClient } from "./graphql_ws.mjs";

const sha256 = (text) => createHash("sha256").update(text).digest("hex");

export async function adapt({ url, token, seen, persisted = false, fetch: fetchFn = fetch }) {
  const bearer = await token();
  const socket = socketClient({ url, token, seen, retry: false });
  const http = new HttpLink({
    uri: `${url}/graphql`,
    fetch: fetchFn,
    headers: { Authorization: `Bearer ${bearer}` },
  });
  const client = new ApolloClient({
    cache: new InMemoryCache(),
    defaultOptions: {
      query: { fetchPolicy: "no-cache", errorPolicy: "all" },
      mutate: { fetchPolicy: "no-cache", errorPolicy: "all" },
    },
    link: ApolloLink.split(
      ({ operationType }) => operationType === OperationTypeNode.SUBSCRIPTION,
      new GraphQLWsLink(socket),
      persisted
        ? ApolloLink.from([createPersistedQueryLink({ sha256, useGETForHashedQueries: true }), http])
        : http,
    ),
  });
  const plain = ({ data, error }) => ({ data, ...(error ? { errors: [String(error)] } : {}) });

  function watchOnce(query, variables, onResult) {
    return new Promise((resolve) => {
      const subscription = client
        .subscribe({ query: gql(query), variables: { ...variables }, fetchPolicy: "no-cache" })
        .subscribe({
          next: ({ data, error }) => {
            const isOver = error ? true : onResult({ data });
            if (isOver) {
              resolve(!error);
              queueMicrotask(() => subscription.unsubscribe());
            }
          },
          error: () => resolve(false),
          complete: () => resolve(false),
        });
    });
  }

  return {
    execute: async (query, variables) =>
      plain(
        await (query.startsWith("mutation")
          ? client.mutate({ mutation: gql(query), variables })
          : client.query({ query: gql(query), variables })),
      ),
    // A subscription that broke off is made again, from the cursor that `variables` has then.
    async watch(query, variables, onResult) {
      while (!(await watchOnce(query, variables, onResult))) await new Promise((go) => setTimeout(go, 100));
    },
    close: () => {
      client.stop();
      socket.dispose();
    },
  };
}
