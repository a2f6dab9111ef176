/** An import as it stands now: read once, then moved by its events, unless they are held. */
import { useQuery, useSubscription } from 'urql';
import { isMoving } from '../../components/import-bar';
import type { ImportProgressSubscription, ImportQuery } from '../../gql/graphql';
import { IMPORT, IMPORT_PROGRESS } from './queries';

export type Import = NonNullable<ImportQuery['ingestion']>;

interface Event {
  progress: ImportProgressSubscription['ingestionProgress'];
  /** When it came, by the clock of this machine. */
  at: number;
}

export function useImport(id: string) {
  const [{ data, error }, again] = useQuery({ query: IMPORT, variables: { id } });
  return {
    found: data?.ingestion,
    error,
    again: () => {
      again({ requestPolicy: 'network-only' });
    },
  };
}

/** The import with what its last event said: an answer that was read before that event takes nothing back. */
export function useMoving(found: Import, isPaused: boolean): { row: Import; at: number | null } {
  const [{ data }] = useSubscription<ImportProgressSubscription, Event, { id: string }>(
    {
      query: IMPORT_PROGRESS,
      variables: { id: found.id },
      pause: isPaused || (!isMoving(found.status) && found.completedAt !== null),
    },
    (_, { ingestionProgress: progress }) => ({ progress, at: Date.now() }),
  );
  if (data?.progress.id !== found.id) return { row: found, at: null };
  const isOlder = (row: { received: number; completedAt?: string | null }) =>
    !row.completedAt && (found.completedAt !== null || row.received < found.received);
  return { row: isOlder(data.progress) ? found : { ...found, ...data.progress }, at: data.at };
}
