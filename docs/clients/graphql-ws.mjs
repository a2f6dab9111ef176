// graphql-ws: one socket for all that a page asks. It comes back by itself, and only where that helps.
import { createClient } from "graphql-ws";
import { backoff } from "./resuming.mjs";

const FORBIDDEN = 4403;
const TOKEN_EXPIRED = 4440;

export function connect({ url, session }) {
  let silence;
  const client = createClient({
    url: `${url.replace(/^http/, "ws")}/graphql`,
    // Asked for at each connection, so each has a token that is good then.
    connectionParams: async () => ({ Authorization: `Bearer ${await session.token()}` }),
    retryAttempts: Infinity,
    retryWait: (tries) => backoff(tries),
    // A closed connection and a server that is not there are tried again; 4403 needs somebody to sign in. Whatever
    // else comes here was thrown by the page itself, and would be again.
    shouldRetry: (problem) =>
      problem?.type === "error" || (problem && "reason" in problem && problem.code !== FORBIDDEN),
    // A network that vanishes closes nothing: who does not answer within ten seconds is gone.
    keepAlive: 15_000,
    on: {
      ping: (received) => {
        if (!received) silence = setTimeout(() => client.terminate(), 10_000);
      },
      pong: (received) => received && clearTimeout(silence),
      closed: ({ code }) => {
        clearTimeout(silence);
        if (code === TOKEN_EXPIRED) session.expired();
      },
    },
  });
  return client;
}
