/** Asking once more for what a change has made old: every screen that shows it is drawn anew. */
import { useCallback } from 'react';
import { useClient, type TypedDocumentNode } from 'urql';

/** Settles when the new answer is there, or the failure that its screen shows. */
export function useAgain() {
  const client = useClient();
  return useCallback(
    async <Data, Variables extends object>(
      query: TypedDocumentNode<Data, Variables>,
      variables: Variables,
    ): Promise<void> => {
      await client.query<Data, Variables>(query, variables, { requestPolicy: 'network-only' }).toPromise();
    },
    [client],
  );
}
