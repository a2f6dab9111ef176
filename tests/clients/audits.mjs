// The audits of GraphQL over HTTP that npm's graphql-http brings, as a caller with a token.
import { serverAudits } from "graphql-http";
import { options, run } from "./talking.mjs";

run(async () => {
  const fetchFn = (url, init = {}) =>
    fetch(url, { ...init, headers: { ...init.headers, authorization: `Bearer ${options.token}` } });
  const results = [];
  for (const audit of serverAudits({ url: `${options.url}/graphql`, fetchFn })) {
    const { id, name, status, reason } = await audit.fn();
    results.push({ id, name, status, reason: reason ?? null });
  }
  return results;
});
