// Who asks. Two sessions with the same two functions: `token()` gives an access token that is good now, and
// `expired()` is told when the server says that the last one is not.
import { backoff } from "./resuming.mjs";

const REFRESH = "mutation { refresh { tokens { accessToken accessTokenExpiresAt } errors { code message } } }";
const RENEW_AHEAD_MS = 10_000;

/** Whoever holds a token without an end here: an API key, or what a server of yours hands out. */
export function tokenSession(token) {
  return { token: async () => token, expired() {} };
}

/** The user who signed in with `useCookie`. Fails with SignInNeeded once that session is over. */
export function cookieSession(url) {
  let known = null;
  let asking = null;

  async function refresh() {
    for (let tries = 0; ; tries += 1) {
      const tokens = await refreshOnce(url);
      if (tokens) return (known = tokens);
      await backoff(tries);
    }
  }

  return {
    async token() {
      if (!known || Date.parse(known.accessTokenExpiresAt) - Date.now() < RENEW_AHEAD_MS) {
        // A refresh token works once: all who ask meanwhile wait for the same answer.
        asking ??= refresh().finally(() => (asking = null));
        await asking;
      }
      return known.accessToken;
    },
    expired() {
      known = null;
    },
  };
}

export class SignInNeeded extends Error {}

/** New tokens, or null where trying again helps. */
async function refreshOnce(url) {
  let answer;
  try {
    const asked = await fetch(`${url}/graphql`, {
      method: "POST",
      credentials: "include", // the cookie, also from another port
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ query: REFRESH }),
    });
    answer = await asked.json();
  } catch {
    return null;
  }
  const { tokens, errors } = answer.data?.refresh ?? {};
  if (tokens) return tokens;
  const refused = errors?.find(({ code }) => !["UNAVAILABLE", "RATE_LIMITED"].includes(code));
  if (refused) throw new SignInNeeded(refused.message);
  return null;
}
