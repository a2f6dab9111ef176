// The CRM's API for a page: one function that asks, and who is signed in.
import { RequestFailed, UserErrors } from "./problems.mjs";

/** Without VITE_CRM_URL the page's own origin, behind a proxy. */
export const url = new URL("/graphql", import.meta.env.VITE_CRM_URL || location.origin).href;

const TOKENS = "tokens { accessToken accessTokenExpiresAt } errors { code message path }";
const LOGIN = `mutation Login($input: LoginInput!) { login(input: $input) { ${TOKENS} } }`;
const REFRESH = `mutation Refresh { refresh { ${TOKENS} } }`;
const LOGOUT = "mutation Logout { logout { errors { code message path } } }";
const RENEW_AHEAD_MS = 30_000;

/** In memory alone: the refresh token is a cookie that no script can read. */
let tokens = null;
let refreshing = null;

/** The `data` of an operation. Throws RequestFailed, with the data that came all the same. */
export async function ask(query, variables) {
  const { data, errors } = await post({ query, variables }, await token());
  if (errors) throw new RequestFailed(errors, data);
  return data;
}

/** Throws UserErrors for a wrong password. */
export async function signIn(email, password) {
  tokens = await signedIn(LOGIN, { input: { email, password, useCookie: true } });
}

/** Goes on as whoever was signed in before a reload. Whether there was somebody. */
export async function restore() {
  return Boolean(await token());
}

export async function signOut() {
  await post({ query: LOGOUT }, await token());
  tokens = null;
}

/** An access token that is good now; null for nobody. */
export async function token() {
  if (!tokens || Date.parse(tokens.accessTokenExpiresAt) - Date.now() < RENEW_AHEAD_MS) {
    // A refresh token works once: all who ask meanwhile wait for the same answer.
    refreshing ??= refresh().finally(() => (refreshing = null));
    tokens = await refreshing;
  }
  return tokens?.accessToken ?? null;
}

async function refresh() {
  try {
    return await signedIn(REFRESH);
  } catch (error) {
    // No cookie, or one of a session that has ended.
    if (["REQUIRED", "UNAUTHENTICATED"].includes(error.code)) return null;
    throw error;
  }
}

async function signedIn(query, variables) {
  const { data, errors } = await post({ query, variables });
  if (errors) throw new RequestFailed(errors, data);
  const [payload] = Object.values(data);
  if (payload.errors.length) throw new UserErrors(payload.errors);
  return payload.tokens;
}

async function post(body, accessToken) {
  const answer = await fetch(url, {
    method: "POST",
    credentials: "include", // the cookie, also from another port
    headers: {
      "content-type": "application/json",
      ...(accessToken && { authorization: `Bearer ${accessToken}` }),
    },
    body: JSON.stringify(body),
  });
  return answer.json();
}
