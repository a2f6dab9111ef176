/**
 * Lists that are followed: their rows move by events, and what no event tells of, as what others begin, is asked for
 * at a pace while something in them moves and somebody looks; also when somebody looks again.
 */
import { useDocumentVisibility } from '@mantine/hooks';
import { useEffect, useRef, useState } from 'react';
import { useQuery, type AnyVariables, type TypedDocumentNode } from 'urql';

const AGAIN_MS = 10_000;

export function useFollowed<Data, Variables extends AnyVariables>(
  query: TypedDocumentNode<Data, Variables>,
  variables: Variables,
  isMoving: (data: Data) => boolean,
) {
  const [{ data: answer, error, fetching, stale }, read] = useQuery<Data>({ query, variables });
  // An answer that is an error as a whole has null for its data.
  const data = answer ?? undefined;
  const [isPaused, onPause] = useState(false);
  const [at, setAt] = useState<number | null>(null);
  const again = useRef<() => void>(null);
  useEffect(() => {
    again.current = () => {
      read({ requestPolicy: 'network-only' });
    };
  }, [read]);

  const isSettled = data !== undefined && !fetching && !stale && !error;
  useEffect(() => {
    if (!isSettled) return;
    // Answers and events alike: each gives other data.
    const now = Date.now();
    const note = setTimeout(() => {
      setAt(now);
    });
    return () => {
      clearTimeout(note);
    };
  }, [isSettled, data]);

  const isSeen = useDocumentVisibility() === 'visible';
  const wasSeen = useRef(true);
  useEffect(() => {
    if (isSeen && !wasSeen.current && !isPaused) again.current?.();
    wasSeen.current = isSeen;
  }, [isSeen, isPaused]);

  const moves = data !== undefined && isMoving(data);
  const isPaced = moves && isSeen && !isPaused;
  useEffect(() => {
    if (!isPaced) return;
    const pace = setInterval(() => {
      again.current?.();
    }, AGAIN_MS);
    return () => {
      clearInterval(pace);
    };
  }, [isPaced]);

  return {
    data,
    error,
    again: () => {
      again.current?.();
    },
    /** For `Updated`. */
    age: {
      at,
      isPaused,
      onPause,
      ...(!moves && {
        onAgain: () => {
          again.current?.();
        },
      }),
    },
  };
}
