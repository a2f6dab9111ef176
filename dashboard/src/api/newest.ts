/**
 * The newest state of each object. Answers overtake each other: a query that was read before an event and comes
 * after it would take a page back, and nothing would put that right until the next change.
 */

/** What `revision` speaks for. Select it together with these, in queries and in subscriptions, without aliases. */
const STATE = ['revision', 'status', 'stats'] as const;

type Fields = Record<string, unknown>;

interface Known extends Fields {
  revision: number;
}

/** A function for the data of each result, before any cache sees it. One for each client. */
export function newestStates(): (value: unknown) => unknown {
  const newest = new Map<unknown, Known>();

  return function guard(value: unknown): unknown {
    if (Array.isArray(value)) return value.map(guard);
    if (value === null || typeof value !== 'object') return value;
    const guarded: Fields = Object.fromEntries(
      Object.entries(value).map(([name, part]) => [name, guard(part)]),
    );
    const revision = guarded['revision'];
    if (!('id' in guarded) || typeof revision !== 'number') return guarded;
    const known = newest.get(guarded['id']);
    const isOlder = known !== undefined && revision < known.revision;
    const state: Known = isOlder || known?.revision === revision ? { ...known, revision } : { revision };
    for (const name of STATE) {
      if (!(name in guarded)) continue;
      if (isOlder && name in known) guarded[name] = known[name];
      else state[name] = guarded[name] as never;
    }
    if (!isOlder) newest.set(guarded['id'], state);
    return guarded;
  };
}

/** Of two states the newer. */
export function newest<State extends { revision: number }>(before: State | undefined, next: State): State {
  return before && before.revision > next.revision ? before : next;
}
