// The reference server of graphql-transport-ws (npm graphql-ws on ws) with the slice of the schema that the
// benchmark subscribes to. A change comes by POST and is told to every subscriber, each of them executed.
import { createServer } from "node:http";
import { createRequire } from "node:module";

const require = createRequire(new URL("../tests/clients/package.json", import.meta.url));
const { buildSchema } = require("graphql");
const { useServer } = require("graphql-ws/use/ws");
const { WebSocketServer } = require("ws");

const schema = buildSchema(`
  enum CampaignStatus { DRAFT SCHEDULED SENDING PAUSED COMPLETED CANCELLED FAILED }
  type DeliveryStats {
    total: Int! totalIsFinal: Boolean! queued: Int! sent: Int! delivered: Int! failed: Int! skipped: Int!
  }
  type CampaignProgress {
    campaignId: ID! status: CampaignStatus! stats: DeliveryStats! revision: Int! at: String!
  }
  type Query { campaign: ID }
  type Subscription { campaignProgress(campaignId: ID!): CampaignProgress! }
`);

let state = null;
const waiting = new Set();

/** The state now, then each newer one; a subscriber that is slow gets the newest. */
async function* campaignProgress() {
  let told = null;
  while (true) {
    if (state === told) await new Promise((resolve) => waiting.add(resolve));
    told = state;
    yield { campaignProgress: told };
  }
}

const server = createServer((request, response) => {
  let body = "";
  request.on("data", (part) => (body += part));
  request.on("end", () => {
    state = { ...JSON.parse(body), at: new Date().toISOString() };
    for (const resolve of waiting) resolve();
    waiting.clear();
    response.writeHead(204).end();
  });
});
const sockets = new WebSocketServer({ server, path: "/graphql" });
useServer({ schema, roots: { subscription: { campaignProgress } } }, sockets);
server.listen(0, "127.0.0.1", () => process.stdout.write(`${server.address().port}\n`));
