/** Deliveries as they change: read once, then told by events, drawn at most ten times a second. */
import { startTransition, useCallback, useEffect, useRef, useState } from 'react';
import { useClient, type CombinedError } from 'urql';
import { follow } from '../../api/socket';
import { DELIVERIES, UPDATES } from './queries';
import { MOST_ROWS, withChanges, withPage, type Filter, type Row } from './rows';

const DRAW_EVERY_MS = 100;

interface Shown {
  rows: readonly Row[] | null;
  cursor: string | null;
  error: CombinedError | null;
}

export interface Stream extends Shown {
  /** Changes that are held back while the reader is further down. */
  waiting: number;
  readMore: () => void;
  readAgain: () => void;
  /** Whether the reader is at the top: rows that move elsewhere would slip away under their eyes. */
  setAtTop: (isAtTop: boolean) => void;
}

const NOTHING: Shown = { rows: null, cursor: null, error: null };

export function useStream(id: string, filter: Filter, isPaused: boolean): Stream {
  const client = useClient();
  const [shown, setShown] = useState(NOTHING);
  const [waiting, setWaiting] = useState(0);
  const [turn, setTurn] = useState(0);
  const isAtTop = useRef(true);
  const wake = useRef<() => void>(() => undefined);
  const isReading = useRef(false);
  const { status, reason } = filter;

  const read = useCallback(
    (after: string | null) =>
      client
        .query(
          DELIVERIES,
          { id, after, filter: { statuses: status && [status], reasons: reason && [reason] } },
          { requestPolicy: 'network-only' },
        )
        .toPromise(),
    [client, id, status, reason],
  );

  useEffect(() => {
    if (isPaused) return;
    const changes = new Map<string, Row>();
    let timer: ReturnType<typeof setTimeout> | undefined;
    let isRead = false;
    let isOver = false;

    async function begin() {
      isRead = false;
      const { data, error } = await read(null);
      if (isOver) return;
      const page = data?.campaign?.deliveries;
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
      if (!isRead || changes.size === 0) return;
      if (!isAtTop.current) {
        setWaiting(changes.size);
        return;
      }
      if (changes.size > MOST_ROWS) {
        // More than is ever shown: what stands in the database now is the shorter way.
        changes.clear();
        void begin();
        return;
      }
      const changed = [...changes.values()];
      changes.clear();
      setWaiting(0);
      // Typing and clicking come first, in pieces that never hold the page up.
      startTransition(() => {
        setShown((before) => ({
          ...before,
          rows: before.rows && withChanges(before.rows, changed, { status, reason }),
        }));
      });
    }

    function take(deliveries: readonly Row[]) {
      // An empty event begins a subscription: what is read from here on, events tell of every change to.
      if (deliveries.length === 0) void begin();
      for (const row of deliveries) changes.set(row.id, row);
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
  }, [id, status, reason, isPaused, read, turn]);

  const readMore = useCallback(() => {
    if (shown.cursor === null || isReading.current) return;
    isReading.current = true;
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
      .finally(() => (isReading.current = false));
  }, [read, shown.cursor]);

  return {
    ...shown,
    waiting,
    readMore,
    readAgain: useCallback(() => {
      setTurn((before) => before + 1);
    }, []),
    setAtTop: useCallback((next: boolean) => {
      isAtTop.current = next;
      if (next) wake.current();
    }, []),
  };
}
