// Apollo Client: events change what the cache holds, and so every page that shows it.
import { ApolloClient, ApolloLink, gql, HttpLink, InMemoryCache } from "@apollo/client";
import { GraphQLWsLink } from "@apollo/client/link/subscriptions";
import { map } from "rxjs";
import { connect } from "./graphql-ws.mjs";
import { newestStates } from "./newest.mjs";
import { lacksRows, PAGE, PROGRESS, UPDATES } from "./page.mjs";
import { subscribeResuming } from "./resuming.mjs";

/** `onBegin(variables)`: see subscribeResuming. */
export function createApollo({ url, session, onBegin }) {
  const socket = connect({ url, session });
  const guard = newestStates();
  const resuming = {
    ...socket,
    subscribe: (operation, sink) => subscribeResuming(socket, operation, sink, { session, onBegin }),
  };
  const http = new HttpLink({
    uri: `${url}/graphql`,
    fetch: async (input, init) => {
      const authorization = `Bearer ${await session.token()}`;
      return fetch(input, { ...init, headers: { ...init.headers, authorization } });
    },
  });
  const client = new ApolloClient({
    cache: new InMemoryCache({
      typePolicies: { Campaign: { fields: { stats: { merge: true }, deliveries: { merge: false } } } },
    }),
    link: ApolloLink.from([
      // Before the cache: its `merge` functions see of such an object a reference, and not its revision.
      new ApolloLink((operation, forward) =>
        forward(operation).pipe(map((result) => ({ ...result, data: guard(result.data) }))),
      ),
      // Queries over the socket too: one that a lost connection interrupts is sent again. Never mutations.
      ApolloLink.split(({ operationType }) => operationType === "mutation", http, new GraphQLWsLink(resuming)),
    ]),
  });
  return { client, close: () => (client.stop(), socket.dispose()) };
}

/** Like followCampaign of page.mjs; the page lives in the cache. */
export function followCampaign({ url, session, campaignId, onPage, onChanges = () => {}, onError }) {
  const variables = { id: campaignId };
  let shown = null;
  const { client, close } = createApollo({ url, session, onBegin: readPage });
  const page = client.watchQuery({ query: gql(PAGE), variables, fetchPolicy: "cache-only" });

  function readPage() {
    page.refetch().catch(onError);
  }

  function watch(query, take) {
    return client
      .subscribe({ query: gql(query), variables })
      .subscribe({ next: ({ data, error }) => (error ? onError(error) : take(data)), error: onError });
  }

  const reading = page.subscribe(({ data, dataState }) => {
    if (dataState !== "complete") return;
    shown = data.campaign.deliveries.nodes;
    onPage({ ...data.campaign, deliveries: shown });
  });
  const updates = watch(UPDATES, ({ deliveryUpdates }) => onChanges(deliveryUpdates.deliveries));
  const progress = watch(PROGRESS, ({ campaignProgress: { campaign } }) => {
    if (shown && lacksRows(shown, campaign.stats)) readPage();
  });
  return () => {
    for (const one of [updates, progress, reading]) one.unsubscribe();
    return close();
  };
}
