/** The customers' list as customers change: read again at a pace, held while somebody is at its rows. */
import { useDocumentVisibility } from '@mantine/hooks';
import { useCallback, useEffect, useState } from 'react';
import { useClient, useSubscription } from 'urql';
import type { CustomersQueryVariables } from '../../gql/graphql';
import { CHANGED, CUSTOMERS } from './queries';

/** Between two readings: while a file comes in, customers change all the time. */
const LEAST_MS = 3_000;

interface Reading {
  question: string;
  /** When the answer came, by the clock of this machine. */
  at: number;
  triedAt: number;
  /** The last change that was known of when the list was asked for: the answer holds all until then. */
  covers: string | undefined;
}

/**
 * Reads again what `variables` ask for, after changes, unless it is paused, held or not looked at. `isThere` says
 * whether the first answer is. `isBehind`: something changed that is not shown.
 */
export function useFollowing(variables: CustomersQueryVariables, isThere: boolean, isHeld: boolean) {
  const client = useClient();
  const isVisible = useDocumentVisibility() === 'visible';
  const [isPaused, pause] = useState(false);
  const isOff = isPaused || !isVisible;
  const [{ data }] = useSubscription({ query: CHANGED, pause: isOff });
  const changed = data?.customersChanged.at;

  const question = JSON.stringify(variables);
  const [asked, ask] = useState({ question, covers: changed });
  if (asked.question !== question) ask({ question, covers: changed });
  const [last, setLast] = useState<Reading | null>(null);
  const reading = last?.question === question ? last : null;

  const { covers } = asked;
  useEffect(() => {
    if (!isThere || reading) return;
    const now = Date.now();
    const noted = setTimeout(() => {
      setLast({ question, at: now, triedAt: now, covers });
    });
    return () => {
      clearTimeout(noted);
    };
  }, [question, covers, isThere, reading]);

  const read = useCallback(async () => {
    const told = (change: Partial<Reading>) => {
      setLast((before) => (before?.question === question ? { ...before, ...change } : before));
    };
    told({ triedAt: Date.now() });
    const asking = JSON.parse(question) as CustomersQueryVariables;
    const { error } = await client.query(CUSTOMERS, asking, { requestPolicy: 'network-only' }).toPromise();
    // What failed is tried again after a while.
    told(error ? { triedAt: Date.now() } : { at: Date.now(), covers: changed });
  }, [client, question, changed]);

  const isBehind = reading !== null && changed !== undefined && changed !== reading.covers;
  const triedAt = reading?.triedAt;
  useEffect(() => {
    if (!isBehind || isHeld || isOff || triedAt === undefined) return;
    const timer = setTimeout(() => void read(), Math.max(0, triedAt + LEAST_MS - Date.now()));
    return () => {
      clearTimeout(timer);
    };
  }, [isBehind, isHeld, isOff, triedAt, read]);

  return { at: reading?.at ?? null, isPaused, pause, isBehind };
}
