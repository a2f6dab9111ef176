/** What links carry after the `#`, which browsers send to no server and no log sees. */

/** Taken, and removed from the address and so from the history; null where the address has none. */
export function takeFromFragment(name: string): string | null {
  const found = new URLSearchParams(window.location.hash.slice(1)).get(name);
  if (found) window.history.replaceState(null, '', window.location.pathname + window.location.search);
  return found || null;
}
