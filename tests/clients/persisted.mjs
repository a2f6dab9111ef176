// Two clients, one after the other, send the same document by its hash; each request is written down.
import { options, run } from "./talking.mjs";

run(async () => {
  const { adapt } = await import(`./adapters/${options.client}.mjs`);
  const rounds = [];
  for (let round = 0; round < 2; round += 1) {
    const requests = [];
    const fetchNoted = async (input, init) => {
      const { searchParams } = new URL(input);
      const body = init.body ? JSON.parse(init.body) : Object.fromEntries(searchParams);
      const extensions = typeof body.extensions === "string" ? JSON.parse(body.extensions) : body.extensions;
      const answer = await fetch(input, init);
      requests.push({
        method: init.method ?? "GET",
        hasDocument: Boolean(body.query),
        hash: extensions?.persistedQuery?.sha256Hash ?? null,
        status: answer.status,
      });
      return answer;
    };
    const seen = { connected: 0, closed: [], pings: 0 };
    const client = await adapt({
      ...options,
      token: async () => options.token,
      seen,
      persisted: true,
      fetch: fetchNoted,
    });
    // A document that no other run has sent.
    const query = `query { ${options.alias}: customers(first: 1) { nodes { externalId } } }`;
    const result = await client.execute(query, {});
    const mutation = await client.execute(
      'mutation { campaignLaunch(input: {id: "nonsense"}) { errors { code } } }',
      {},
    );
    await client.close();
    rounds.push({ requests, result, mutation });
  }
  return rounds;
});
