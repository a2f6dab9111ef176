// The newest state of each object. Answers overtake each other: a query that was read before an event and comes
// after it would take a page back, and nothing would put that right until the next change.

/** What `revision` speaks for. Select it together with these, in queries and in subscriptions, without aliases. */
const STATE = ["revision", "status", "stats", "reason", "reasonText", "attempt", "sentAt", "finishedAt"];

/**
 * A function for the data of each result, before any cache sees it: where an object comes in an older state
 * than one that came before, it puts the newer state in its place. One for each client.
 */
export function newestStates() {
  const newest = new Map();

  return function guard(value) {
    if (Array.isArray(value)) return value.map(guard);
    if (value === null || typeof value !== "object") return value;
    const guarded = Object.fromEntries(Object.entries(value).map(([name, part]) => [name, guard(part)]));
    if (!("id" in guarded) || !("revision" in guarded)) return guarded;
    const known = newest.get(guarded.id);
    const isOlder = known !== undefined && guarded.revision < known.revision;
    const state = isOlder || known?.revision === guarded.revision ? { ...known } : {};
    for (const name of STATE.filter((name) => name in guarded)) {
      if (isOlder && name in state) guarded[name] = state[name];
      else state[name] = guarded[name];
    }
    if (!isOlder) newest.set(guarded.id, state);
    return guarded;
  };
}
