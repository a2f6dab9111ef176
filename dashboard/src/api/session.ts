/** Who is signed in: an access token in memory alone; the refresh token is a cookie that no script can read. */

import type { DocumentNode } from 'graphql';
import { stringifyDocument } from 'urql';
import { graphql } from '../gql';
import { takeFromFragment } from './fragment';
import { forgetStanding, noteSignedIn, noteSignedOut } from './standing';

const RENEW_AHEAD_MS = 30_000;
const ENDPOINT = '/graphql';

const REFRESH = graphql(`
  mutation Refresh {
    refresh {
      tokens {
        accessToken
        accessTokenExpiresAt
      }
      errors {
        code
        message
        path
      }
    }
  }
`);
const LOGOUT = graphql(`
  mutation Logout {
    logout {
      errors {
        code
        message
        path
      }
    }
  }
`);

interface Tokens {
  accessToken: string;
  accessTokenExpiresAt: string;
}

interface UserError {
  code: string;
  message: string;
  path: readonly string[];
}

interface Payload {
  tokens: Tokens | null;
  errors: readonly UserError[];
}

/** The `errors` of a mutation's payload, which its caller can mend. */
class UserErrors extends Error {
  constructor(readonly errors: readonly UserError[]) {
    super(errors.map(({ message }) => message).join(' '));
  }

  get code(): string | undefined {
    return this.errors[0]?.code;
  }
}

let tokens: Tokens | null = null;
let given: string | null = takeGivenToken();
let refreshing: Promise<Tokens | null> | null = null;
if (given !== null) noteSignedIn();

/**
 * What the address carries as #token=..., taken and removed before anything else of the page runs. The server
 * marks the page in development alone: elsewhere a link must sign nobody in.
 */
function takeGivenToken(): string | null {
  if (document.querySelector('meta[name="crm-development"]') === null) return null;
  const found = takeFromFragment('token');
  if (found) sessionStorage.setItem('token', found);
  return found ?? sessionStorage.getItem('token');
}

/** After a sign-in: these are the caller's. */
export function keep(fresh: Tokens): void {
  tokens = fresh;
  noteSignedIn();
}

export async function signOut(): Promise<void> {
  await post(LOGOUT, await accessToken());
  forgetStanding();
  tokens = null;
  given = null;
  sessionStorage.removeItem('token');
}

/** An access token that is good now; null for nobody. */
export async function accessToken(): Promise<string | null> {
  if (given !== null) return given;
  if (tokens === null || Date.parse(tokens.accessTokenExpiresAt) - Date.now() < RENEW_AHEAD_MS) {
    // A refresh token works once: all who ask meanwhile wait for the same answer.
    refreshing ??= renewed().finally(() => (refreshing = null));
    tokens = await refreshing;
  }
  return tokens?.accessToken ?? null;
}

/** What the server no longer takes is forgotten, so that the next request renews it. */
export function forgetAccessToken(): void {
  tokens = null;
  given = null;
  sessionStorage.removeItem('token');
}

async function renewed(): Promise<Tokens | null> {
  const fresh = await refresh();
  if (fresh) noteSignedIn();
  else noteSignedOut();
  return fresh;
}

async function refresh(): Promise<Tokens | null> {
  try {
    return await refreshed();
  } catch (error) {
    // No cookie, or one of a session that has ended.
    if (error instanceof UserErrors && ['REQUIRED', 'UNAUTHENTICATED'].includes(error.code ?? ''))
      return null;
    throw error;
  }
}

async function refreshed(): Promise<Tokens | null> {
  const answer = await post(REFRESH, null);
  if (answer.errors?.[0]) throw new Error(answer.errors[0].message);
  const payload = Object.values(answer.data ?? {})[0];
  if (!payload) return null;
  if (payload.errors.length) throw new UserErrors(payload.errors);
  return payload.tokens;
}

async function post(document: DocumentNode, token: string | null) {
  const answer = await fetch(ENDPOINT, {
    method: 'POST',
    credentials: 'include',
    headers: { 'content-type': 'application/json', ...(token && { authorization: `Bearer ${token}` }) },
    body: JSON.stringify({ query: stringifyDocument(document) }),
  });
  return (await answer.json()) as {
    data?: Record<string, Payload> | null;
    errors?: { message: string }[];
  };
}
