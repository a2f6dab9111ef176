// graphql-sse: each operation is a request of its own, answered in events. For where no websocket gets through.
import { createClient } from "graphql-sse";

export function connect({ url, session }) {
  return createClient({
    url: `${url}/graphql`,
    headers: async () => ({ Authorization: `Bearer ${await session.token()}` }),
    // By itself it would also send again what the server will always refuse: resuming.mjs decides.
    retryAttempts: 0,
  });
}
