// urql with Graphcache: events change what the cache holds, and so every page that shows it.
import { Client, fetchExchange, subscriptionExchange } from "@urql/core";
import { cacheExchange } from "@urql/exchange-graphcache";
import { map, pipe, subscribe } from "wonka";
import { connect } from "./graphql-ws.mjs";
import { newestStates } from "./newest.mjs";
import { lacksRows, PAGE, PROGRESS, UPDATES } from "./page.mjs";
import { subscribeResuming } from "./resuming.mjs";

const hasNoKey = () => null;

/** `onBegin(variables)`: see subscribeResuming. */
export function createUrql({ url, session, onBegin }) {
  const socket = connect({ url, session });
  const guard = newestStates();
  const client = new Client({
    url: `${url}/graphql`,
    preferGetMethod: false,
    fetch: async (input, init) => {
      const authorization = `Bearer ${await session.token()}`;
      return fetch(input, { ...init, headers: { ...init.headers, authorization } });
    },
    exchanges: [
      cacheExchange({ keys: { CampaignProgress: hasNoKey, DeliveryStats: hasNoKey, DeliveryUpdate: hasNoKey } }),
      // Below the cache: its `updates` are called when the older state has been written already.
      ({ forward }) =>
        (operations) =>
          pipe(
            forward(operations),
            map((result) => ({ ...result, data: guard(result.data) })),
          ),
      subscriptionExchange({
        // Queries too: one that a lost connection interrupts is sent again. Never mutations.
        isSubscriptionOperation: ({ kind }) => kind === "query" || kind === "subscription",
        forwardSubscription: (request) => ({
          subscribe: (sink) => ({ unsubscribe: subscribeResuming(socket, request, sink, { session, onBegin }) }),
        }),
      }),
      fetchExchange,
    ],
  });
  return { client, close: () => socket.dispose() };
}

/** Like followCampaign of page.mjs; the page lives in the cache. */
export function followCampaign({ url, session, campaignId, onPage, onChanges = () => {}, onError }) {
  const variables = { id: campaignId };
  let shown = null;
  let reading = { unsubscribe() {} };
  const { client, close } = createUrql({ url, session, onBegin: readPage });

  function watch(source, take) {
    return pipe(
      source,
      subscribe(({ data, error }) => (data ? take(data) : error && onError(error))),
    );
  }

  function readPage() {
    reading.unsubscribe();
    reading = watch(client.query(PAGE, variables, { requestPolicy: "network-only" }), ({ campaign }) => {
      shown = campaign.deliveries.nodes;
      onPage({ ...campaign, deliveries: shown });
    });
  }

  const updates = watch(client.subscription(UPDATES, variables), ({ deliveryUpdates }) =>
    onChanges(deliveryUpdates.deliveries),
  );
  const progress = watch(client.subscription(PROGRESS, variables), ({ campaignProgress: { campaign } }) => {
    if (shown && lacksRows(shown, campaign.stats)) readPage();
  });
  return () => {
    for (const one of [updates, progress, reading]) one.unsubscribe();
    close();
  };
}
