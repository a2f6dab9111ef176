/** What a file can be of, as its address names it. */
import type { IngestionKind } from '../../gql/graphql';

export const KINDS: readonly IngestionKind[] = ['CUSTOMERS', 'ORDERS', 'SUPPRESSIONS'];
