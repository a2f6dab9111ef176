/** Deliveries as they change: read once, then told by events, drawn at most ten times a second. */
import { startTransition, useCallback, useEffect, useRef, useState } from 'react';
import { useClient, type CombinedError } from 'urql';
import { backoff } from '../../api/resuming';
import { follow } from '../../api/socket';
import type { Filter } from './filters';
import { DELIVERIES, UPDATES } from './queries';
import { MOST_ROWS, withChanges, withPage, type Row } from './rows';

const DRAW_EVERY_MS = 100;
/** How often a page that the network kept back is asked for again: for about half a minute. */
const MOST_TRIES = 6;
/** Changes that are kept while they are held back; past that, reading anew is the shorter way. */
export const MOST_HELD = 5 * MOST_ROWS;

interface Shown {
  rows: readonly Row[] | null;
  cursor: string | null;
  error: CombinedError | null;
}

export interface Stream extends Shown {
  /** Changes that are held back while somebody reads. */
  waiting: number;
  readMore: () => void;
  readAgain: () => void;
  /** Whether somebody reads: rows that move would slip away under their eyes, their pointer or their focus. */
  setReading: (isReading: boolean) => void;
}

const NOTHING: Shown = { rows: null, cursor: null, error: null };

export function useStream(id: string, filter: Filter, isPaused: boolean): Stream {
  const client = useClient();
  const [shown, setShown] = useState(NOTHING);
  const [waiting, setWaiting] = useState(0);
  const [turn, setTurn] = useState(0);
  const isBeingRead = useRef(false);
  const wake = useRef<() => void>(() => undefined);
  const isReadingMore = useRef(false);
  const { status, reason, variant } = filter;

  const read = useCallback(
    (after: string | null) =>
      client
        .query(
          DELIVERIES,
          {
            id,
            after,
            filter: {
              statuses: status ? [status] : null,
              reasons: reason ? [reason] : null,
              variants: variant ? [variant] : null,
            },
          },
          { requestPolicy: 'network-only' },
        )
        .toPromise(),
    [client, id, status, reason, variant],
  );

  useEffect(() => {
    if (isPaused) return;
    const changes = new Map<string, Row>();
    let timer: ReturnType<typeof setTimeout> | undefined;
    let isRead = false;
    let isOver = false;
    let isBehind = false;
    let asked = 0;
    let tries = 0;

    async function begin() {
      isRead = false;
      const mine = ++asked;
      const isStale = () => isOver || mine !== asked;
      const { data, error } = await read(null);
      // An answer to an older question says less than the next one will.
      if (isStale()) return;
      const page = data?.campaign?.deliveries;
      // A server that is away for a moment takes nothing from the screen that is there already.
      if (error?.networkError && tries < MOST_TRIES) {
        await backoff(tries++);
        if (!isStale()) void begin();
        return;
      }
      tries = 0;
      isRead = true;
      setShown({
        rows: page?.nodes ?? null,
        cursor: page?.pageInfo.hasNextPage ? (page.pageInfo.endCursor ?? null) : null,
        error: page ? null : (error ?? null),
      });
      draw();
    }

    function draw() {
      timer = undefined;
      if (!isRead || (changes.size === 0 && !isBehind)) return;
      if (isBeingRead.current) {
        setWaiting(isBehind ? MOST_HELD : changes.size);
        return;
      }
      setWaiting(0);
      const drawn = [...changes.values()];
      changes.clear();
      if (isBehind) {
        isBehind = false;
        void begin();
        return;
      }
      // Typing and clicking come first, in pieces that never hold the page up.
      startTransition(() => {
        setShown((before) => ({
          ...before,
          rows:
            before.rows &&
            withChanges(before.rows, drawn, {
              ...(status && { status }),
              ...(reason && { reason }),
              ...(variant && { variant }),
            }),
        }));
      });
    }

    function take(deliveries: readonly Row[]) {
      // An empty event begins a subscription: what is read from here on, events tell of every change to.
      if (deliveries.length === 0) void begin();
      if (!isBehind) for (const row of deliveries) changes.set(row.id, row);
      if (changes.size > MOST_HELD) {
        isBehind = true;
        changes.clear();
      }
      timer ??= setTimeout(draw, DRAW_EVERY_MS);
    }

    wake.current = draw;
    const stop = follow(
      UPDATES,
      { id },
      ({ deliveryUpdates }) => {
        take(deliveryUpdates.deliveries);
      },
      () => void begin(),
    );
    return () => {
      isOver = true;
      clearTimeout(timer);
      stop();
    };
  }, [id, status, reason, variant, isPaused, read, turn]);

  const readMore = useCallback(() => {
    if (shown.cursor === null || isReadingMore.current) return;
    isReadingMore.current = true;
    void read(shown.cursor)
      .then(({ data }) => {
        const page = data?.campaign?.deliveries;
        if (!page) return;
        setShown((before) => ({
          ...before,
          rows: before.rows && withPage(before.rows, page.nodes),
          cursor: page.pageInfo.hasNextPage ? (page.pageInfo.endCursor ?? null) : null,
        }));
      })
      .finally(() => (isReadingMore.current = false));
  }, [read, shown.cursor]);

  return {
    ...shown,
    waiting,
    readMore,
    readAgain: useCallback(() => {
      setTurn((before) => before + 1);
    }, []),
    setReading: useCallback((next: boolean) => {
      isBeingRead.current = next;
      if (!next) wake.current();
    }, []),
  };
}
