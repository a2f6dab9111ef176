/** Orders of the customers' list, as addresses name them; a minus stands before those that begin at the end. */
import type { CustomerSortField } from '../../gql/graphql';

const FIELDS = {
  created: 'CREATED_AT',
  name: 'NAME',
  spend: 'TOTAL_SPEND',
  visits: 'VISIT_COUNT',
  lastVisit: 'LAST_VISIT_AT',
} as const satisfies Record<string, CustomerSortField>;

export type SortKey = keyof typeof FIELDS;
export type Sort = SortKey | `-${SortKey}`;

const KEYS = Object.keys(FIELDS) as SortKey[];
export const SORTS: readonly Sort[] = KEYS.flatMap((key): Sort[] => [key, `-${key}`]);

export function sortOf(sort: Sort | undefined) {
  if (sort === undefined) return null;
  const isDescending = sort.startsWith('-');
  const field = FIELDS[sort.replace('-', '') as SortKey];
  return { field, direction: isDescending ? ('DESC' as const) : ('ASC' as const) };
}

/** What a click on a heading asks for next: the largest first, then the smallest, then as it came. */
export function nextSort(key: SortKey, sort: Sort | undefined): Sort | undefined {
  if (sort === `-${key}`) return key;
  return sort === key ? undefined : `-${key}`;
}
