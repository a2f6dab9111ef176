/** Who the person is and what they may do: what they may not is not offered. */
import { useQuery } from 'urql';
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

export function useMay(permission: Permission): boolean {
  return useViewer()?.grantedPermissions.includes(permission) ?? false;
}
