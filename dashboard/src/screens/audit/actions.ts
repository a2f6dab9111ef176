/** What the audit names: every mutation, the doors of files, and what happens to sessions. */
import type { Mutation } from '../../gql/graphql';
import type { TextId } from '../../texts/en';
import { audit } from '../../texts/en/audit';

type Doors = 'ingestCustomers' | 'ingestOrders' | 'ingestSuppressions' | 'mediaUpload' | 'exportDownload';
type Action = Exclude<keyof Mutation, '__typename'> | Doors | 'googleSignIn' | 'refreshTokenReplayed';

const PREFIX = 'action.';

export const ACTIONS = Object.keys(audit)
  .filter((id) => id.startsWith(PREFIX))
  .map((id) => id.slice(PREFIX.length)) as Action[];

/** Null for what another release of the server knows. */
export function actionText(action: string): TextId | null {
  const known = ACTIONS.find((one) => one === action);
  return known === undefined ? null : `${PREFIX}${known}`;
}

/** The screen of what it was done to, where that has one and is still there. */
export function screenOf(action: string): '/campaigns/$id' | '/customers/$id' | null {
  if (/Delete$|sMerge$|sUpdate$|sIngest$|sTag$/.test(action)) return null;
  if (action.startsWith('campaign')) return '/campaigns/$id';
  return action.startsWith('customer') && !action.startsWith('customField') ? '/customers/$id' : null;
}
