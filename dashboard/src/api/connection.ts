/** The state of the live connection, for the banner and for whoever shows how old what they show is. */
import { useSyncExternalStore } from 'react';

export type Connection = 'idle' | 'connecting' | 'open' | 'lost';

let state: Connection = 'idle';
const listeners = new Set<() => void>();

export function setConnection(next: Connection): void {
  if (next === state) return;
  state = next;
  listeners.forEach((listener) => {
    listener();
  });
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export function useConnection(): Connection {
  return useSyncExternalStore(subscribe, () => state);
}
