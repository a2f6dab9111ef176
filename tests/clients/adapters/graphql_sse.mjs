// graphql-sse in distinct connections mode: each operation is a request of its own, answered in events.
import { createClient } from "graphql-sse";

export function adapt({ url, token, seen }) {
  const client = createClient({
    url: `${url}/graphql`,
    singleConnection: false,
    headers: async () => ({ Authorization: `Bearer ${await token()}` }),
    retryAttempts: 100,
    retry: () => new Promise((resolve) => setTimeout(resolve, 100)),
    on: {
      connected: () => (seen.connected += 1),
      connecting: (again) => again && seen.closed.push(["cut", ""]),
    },
  });
  return {
    async execute(query, variables) {
      for await (const result of client.iterate({ query, variables })) return result;
    },
    async watch(query, variables, onResult) {
      let done = false;
      let expired = true;
      // A stream whose token expired says so and completes: the caller subscribes again with a new one.
      while (!done && expired) {
        expired = false;
        await new Promise((resolve, reject) => {
          const stop = client.subscribe(
            { query, variables },
            {
              next: (result) => {
                expired = result.errors?.[0]?.extensions?.code === "UNAUTHENTICATED";
                if (expired) seen.closed.push(["expired", result.errors[0].message]);
                else if (onResult(result)) {
                  done = true;
                  stop();
                  resolve();
                }
              },
              error: reject,
              complete: resolve,
            },
          );
        });
      }
    },
    close: () => client.dispose(),
  };
}
