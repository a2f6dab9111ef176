/** What the person may do: what they may not is not offered. */
import { useQuery } from 'urql';
import { graphql } from '../gql';
import type { Permission } from '../gql/graphql';

const VIEWER = graphql(`
  query Viewer {
    viewer {
      role
      grantedPermissions
    }
  }
`);

export function useMay(permission: Permission): boolean {
  const [{ data }] = useQuery({ query: VIEWER, requestPolicy: 'cache-first' });
  return data?.viewer?.grantedPermissions.includes(permission) ?? false;
}
