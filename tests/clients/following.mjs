// A client follows a campaign to its end, through whatever happens to its connection.
import { relayTo } from "./network.mjs";
import { askForToken, hear, options, run, say, sleep } from "./talking.mjs";

const UPDATES = `subscription ($id: ID!, $after: String) { deliveryUpdates(campaignId: $id, after: $after) {
  cursor deliveries { id status } } }`;
const PROGRESS = `subscription ($id: ID!) { campaignProgress(campaignId: $id) {
  status revision stats { total delivered } } }`;

run(async () => {
  const { adapt } = await import(`./adapters/${options.client}.mjs`);
  const relay = options.relayed ? await relayTo(options.url) : null;
  const seen = { connected: 0, closed: [], pings: 0 };
  const token = options.token ? async () => options.token : askForToken;
  const client = await adapt({ ...options, url: relay?.url ?? options.url, token, seen });

  const states = {};
  const revisions = [];
  let began = false;
  let progress = null;
  const position = { id: options.campaign };
  const updates = client.watch(UPDATES, position, ({ data }) => {
    began = true;
    position.after = data.deliveryUpdates.cursor;
    for (const { id, status } of data.deliveryUpdates.deliveries) (states[id] ??= []).push(status);
    const delivered = Object.values(states).filter((seen) => seen.includes("DELIVERED")).length;
    say({ delivered });
    return delivered === options.deliveries;
  });
  const following = client.watch(PROGRESS, { id: options.campaign }, ({ data }) => {
    progress = data.campaignProgress;
    revisions.push(progress.revision);
    return progress.status === "COMPLETED";
  });
  while (!began || !progress) await sleep(20);
  say({ ready: true });
  let told = 0;
  setInterval(() => {
    if (seen.closed.length > told) say({ closed: (told = seen.closed.length) > 0 });
  }, 20);
  if (relay) {
    await hear();
    relay.cut();
    say({ cut: true });
    await hear();
    relay.restore();
  }
  await Promise.all([updates, following]);
  await client.close();
  return { states, revisions, progress, seen };
});
