// A page that shows a campaign and its first 100 deliveries: its documents, and how it is kept without a cache.
import { newestStates } from "./newest.mjs";
import { subscribeResuming } from "./resuming.mjs";

const STATS = "stats { total totalIsFinal queued sent delivered failed skipped }";

/** `$after` is for the client: see resuming.mjs. */
export const UPDATES = `subscription Updates($id: ID!, $after: String) {
  deliveryUpdates(campaignId: $id, after: $after) { cursor deliveries { id status revision } } }`;

export const PROGRESS = `subscription Progress($id: ID!) {
  campaignProgress(campaignId: $id) { campaign { id status revision ${STATS} } } }`;

export const PAGE = `query Page($id: ID!) { campaign(id: $id) {
  id status revision ${STATS} deliveries(first: 100) { nodes { id status revision } } } }`;

/** Whether rows of the page have been written since it was read, as while a campaign is being planned. */
export function lacksRows(shown, stats) {
  return shown.length < Math.min(100, stats.total);
}

/**
 * Keeps the page of a campaign: `onPage` gets each newer state of it, `onChanges` the deliveries of each event,
 * `onError` what trying again does not help against. Returns a function that ends it.
 */
export function followCampaign({ client, session, campaignId, onPage, onChanges = () => {}, onError }) {
  const guard = newestStates();
  const variables = { id: campaignId };
  const stops = [];
  let page = null;

  function start(query, take, onBegin) {
    const sink = { next: ({ data }) => take(guard(data)), error: onError, complete() {} };
    stops.push(subscribeResuming(client, { query, variables }, sink, { session, onBegin }));
  }

  const readPage = () =>
    start(PAGE, ({ campaign }) => {
      page = { ...campaign, deliveries: campaign.deliveries.nodes };
      onPage(page);
    });

  start(
    UPDATES,
    ({ deliveryUpdates: { deliveries } }) => {
      const news = new Map(deliveries.map((delivery) => [delivery.id, delivery]));
      if (page) onPage((page = { ...page, deliveries: page.deliveries.map((old) => news.get(old.id) ?? old) }));
      onChanges(deliveries);
    },
    readPage,
  );
  start(PROGRESS, ({ campaignProgress: { campaign } }) => {
    if (!page) return;
    if (lacksRows(page.deliveries, campaign.stats)) readPage();
    onPage((page = { ...page, ...campaign }));
  });
  return () => stops.forEach((stop) => stop());
}
