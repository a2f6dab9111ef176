// A client does a query, a mutation, a wrong query beside a running subscription, and follows that to its end.
import { options, run, say, sleep } from "./talking.mjs";

const CUSTOMERS = "query ($n: Int) { customers(first: $n) { nodes { externalId } } }";
const AUDIENCE = `mutation ($name: String!) { audienceCreate(input: {name: $name, rule: {all: [
  {where: {field: "visitCount", operator: GTE, value: 1}}]}}) { audience { name } errors { code } } }`;
const PROGRESS = `subscription ($id: ID!) { campaignProgress(campaignId: $id) {
  status revision stats { delivered } } }`;

run(async () => {
  const { adapt } = await import(`./adapters/${options.client}.mjs`);
  const seen = { connected: 0, closed: [], pings: 0 };
  const client = await adapt({ ...options, token: async () => options.token, seen });
  // A lazy client connects with its first operation, one that is not lazy at once.
  const deadline = Date.now() + (options.lazy === false ? 10_000 : 300);
  while (!seen.connected && Date.now() < deadline) await sleep(20);
  const connectedAtFirst = seen.connected > 0;

  const query = await client.execute(CUSTOMERS, { n: 2 });
  const mutation = await client.execute(AUDIENCE, { name: `By ${options.client}` });
  const events = [];
  const watching = client.watch(PROGRESS, { id: options.campaign }, ({ data, errors }) => {
    events.push(errors ?? data.campaignProgress);
    say({ delivered: data?.campaignProgress.stats.delivered });
    return errors || data.campaignProgress.status === "COMPLETED";
  });
  while (!events.length) await sleep(20);
  const refused = await client.execute("query { nope }", {}).catch((errors) => ({ errors }));
  say({ ready: true });
  await watching;
  await client.close();
  return { connectedAtFirst, query, mutation, refused: refused.errors, events };
});
