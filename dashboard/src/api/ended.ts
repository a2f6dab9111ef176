/** Whether the session has ended under the page: nothing is taken then until somebody signs in again. */
import { useSyncExternalStore } from 'react';

let isEnded = false;
const listeners = new Set<() => void>();

export function setEnded(next: boolean): void {
  if (next === isEnded) return;
  isEnded = next;
  listeners.forEach((listener) => {
    listener();
  });
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export function useIsEnded(): boolean {
  return useSyncExternalStore(subscribe, () => isEnded);
}
