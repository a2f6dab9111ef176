/** Who the person is and what they may do: what they may not is not offered. */
import { useEffect, useRef } from 'react';
import { useQuery } from 'urql';
import { useAgain } from '../api/again';
import { useRenewals } from '../api/standing';
import { graphql } from '../gql';
import type { Permission, ViewerQuery } from '../gql/graphql';

const VIEWER = graphql(`
  query Viewer {
    viewer {
      role
      grantedPermissions
      user {
        id
        name
        email
      }
    }
  }
`);

/** Undefined until it is known. */
export function useViewer(): ViewerQuery['viewer'] | undefined {
  const [{ data }] = useQuery({ query: VIEWER, requestPolicy: 'cache-first' });
  return data?.viewer;
}

/** Asks anew when their session was renewed: what may be done is offered as it is now. */
export function useRenewedViewer(): void {
  const again = useAgain();
  const renewals = useRenewals();
  const known = useRef(renewals);
  useEffect(() => {
    if (known.current === renewals) return;
    known.current = renewals;
    void again(VIEWER, {});
  }, [renewals, again]);
}

export function useMay(permission: Permission): boolean {
  return useViewer()?.grantedPermissions.includes(permission) ?? false;
}
