/** The deliveries that are shown: the newest change first, each delivery once and in its newest state. */
import type { DeliveryRowFragment } from '../../gql/graphql';
import type { Filter } from './filters';

export type Row = DeliveryRowFragment;

/** A page that is open for a day must not hold a million rows. */
export const MOST_ROWS = 2_000;

function matches(row: Row, { status, reason, variant }: Filter): boolean {
  return (
    (status === undefined || row.status === status) &&
    (reason === undefined || row.reason === reason) &&
    (variant === undefined || row.variantKey === variant)
  );
}

/** `rows` with what has changed on top; what no longer matches is gone. */
export function withChanges(rows: readonly Row[], changed: Iterable<Row>, filter: Filter): readonly Row[] {
  const known = new Map(rows.map((row) => [row.id, row.revision]));
  const moved = new Map<string, Row>();
  for (const row of changed) {
    const before = moved.get(row.id)?.revision ?? known.get(row.id) ?? -1;
    if (row.revision > before) moved.set(row.id, row);
  }
  if (moved.size === 0) return rows;
  const top = [...moved.values()].filter((row) => matches(row, filter));
  // The order of commits, which is the server's own.
  top.sort((one, other) => other.revision - one.revision);
  return [...top, ...rows.filter((row) => !moved.has(row.id))].slice(0, MOST_ROWS);
}

/** `rows` with the next page below; rows that have moved to the top meanwhile stay there. */
export function withPage(rows: readonly Row[], page: readonly Row[]): readonly Row[] {
  const known = new Set(rows.map((row) => row.id));
  return [...rows, ...page.filter((row) => !known.has(row.id))].slice(0, MOST_ROWS);
}
