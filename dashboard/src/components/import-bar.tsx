/** How far an import is, as a bar and in words for those who do not see it. */
import { Progress } from '@mantine/core';
import type { IngestionStatus } from '../gql/graphql';
import { useTexts } from '../texts';

export interface ImportCounts {
  received: number;
  rejected: number;
  created: number;
  updated: number;
  unchanged: number;
  failed: number;
}

export function isMoving(status: IngestionStatus): boolean {
  return status === 'ACCEPTED' || status === 'RUNNING';
}

export function ImportBar({ counts }: { counts: ImportCounts }) {
  const text = useTexts();
  const { received, rejected, created, updated, unchanged, failed } = counts;
  const share = (count: number) => (received ? (100 * count) / received : 0);
  const said = text('imports.announce', { received, created, updated, unchanged, rejected, failed });
  return (
    <Progress.Root size="lg" aria-label={said}>
      <Progress.Section value={share(created)} color="green" aria-label={text('import.created')} />
      <Progress.Section value={share(updated)} color="blue" aria-label={text('import.updated')} />
      <Progress.Section value={share(unchanged)} color="gray" aria-label={text('import.unchanged')} />
      <Progress.Section value={share(rejected + failed)} color="red" aria-label={text('import.rejected')} />
    </Progress.Root>
  );
}
