// urql and Apollo Client name documents by the ids of a build, which wrote the list of the deployment.
import { ApolloClient, ApolloLink, gql, HttpLink, InMemoryCache } from "@apollo/client";
import { createPersistedQueryLink } from "@apollo/client/link/persisted-queries";
import { Client, fetchExchange } from "@urql/core";
import { persistedExchange } from "@urql/exchange-persisted";
import { getOperationAST } from "graphql";
import { options, run } from "./talking.mjs";

const { url, token, ids, texts } = options;
const idOf = (document) => ids[getOperationAST(document).name.value];
const requests = [];

async function noted(input, init) {
  const { query, extensions } = JSON.parse(init.body);
  requests.push({ hasDocument: Boolean(query), id: extensions?.persistedQuery?.sha256Hash ?? null });
  return fetch(input, init);
}

function urql(bearer) {
  const client = new Client({
    url,
    preferGetMethod: false,
    fetch: noted,
    fetchOptions: () => ({ headers: bearer ? { authorization: `Bearer ${bearer}` } : {} }),
    exchanges: [
      persistedExchange({
        enforcePersistedQueries: true,
        enableForMutation: true,
        preferGetForPersistedQueries: false,
        generateHash: async (_text, document) => idOf(document),
      }),
      fetchExchange,
    ],
  });
  return {
    query: (text, variables) => client.query(text, variables).toPromise(),
    mutate: (text, variables) => client.mutation(text, variables).toPromise(),
  };
}

function apollo(bearer) {
  const client = new ApolloClient({
    cache: new InMemoryCache(),
    link: ApolloLink.from([
      createPersistedQueryLink({ generateHash: async (document) => idOf(document) }),
      new HttpLink({ uri: url, fetch: noted, headers: bearer ? { authorization: `Bearer ${bearer}` } : {} }),
    ]),
  });
  return {
    query: (text, variables) => client.query({ query: gql(text), variables }),
    mutate: (text, variables) => client.mutate({ mutation: gql(text), variables }),
  };
}

run(async () => {
  const make = { urql, apollo }[options.client];
  const login = await make(null).mutate(texts.Login, { input: options.login });
  const viewer = await make(token).query(texts.Viewer, {});
  return { login: login.data, viewer: viewer.data, requests };
});
