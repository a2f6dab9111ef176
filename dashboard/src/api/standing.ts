/** Whether who signed in here still is, and how often that was renewed: with each renewal their role may be another. */
import { useSyncExternalStore } from 'react';

interface Standing {
  /** Somebody was signed in, and is no more: their session was ended, or has run out. */
  isOver: boolean;
  renewals: number;
}

let standing: Standing | null = null;
const listeners = new Set<() => void>();

function set(next: Standing | null): void {
  standing = next;
  listeners.forEach((listener) => {
    listener();
  });
}

export function noteSignedIn(): void {
  set({ isOver: false, renewals: (standing?.renewals ?? 0) + 1 });
}

/** Of who never was signed in it says nothing. */
export function noteSignedOut(): void {
  if (standing && !standing.isOver) set({ ...standing, isOver: true });
}

/** Who leaves by their own will is told nothing. */
export function forgetStanding(): void {
  set(null);
}

export function isOver(): boolean {
  return standing?.isOver ?? false;
}

/** At once, unless the session is over; then when somebody has signed in again. */
export function untilSignedIn(): Promise<void> {
  return new Promise((resolve) => {
    const unsubscribe = subscribe(look);
    function look(): void {
      if (isOver()) return;
      unsubscribe();
      resolve();
    }
    look();
  });
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => {
    listeners.delete(listener);
  };
}

export function useIsOver(): boolean {
  return useSyncExternalStore(subscribe, isOver);
}

export function useRenewals(): number {
  return useSyncExternalStore(subscribe, () => standing?.renewals ?? 0);
}
