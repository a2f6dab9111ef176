/** The end of the preparation: all rows checked without writing any, or the import begun; how far the file is. */
import { Alert, Button, Group, List, Progress, Stack, Text } from '@mantine/core';
import { FormattedNumber } from 'react-intl';
import { useTexts } from '../../texts';

export interface Ingested {
  id: string;
  received: number;
  rejected: number;
  incomplete: number;
  created: number;
  updated: number;
  unchanged: number;
  rowErrorCounts: readonly { column: string | null; message: string; count: number; first: number }[];
}

export function Start({
  isReady,
  share,
  onCheck,
  onStart,
  onStop,
}: {
  isReady: boolean;
  share: number | null;
  onCheck: () => void;
  onStart: () => void;
  onStop: () => void;
}) {
  const text = useTexts();
  if (share !== null)
    return (
      <Stack gap="xs">
        <Group justify="space-between">
          <Text size="sm" role="status">
            {share < 1 ? text('newImport.uploading') : text('newImport.reading')}{' '}
            <FormattedNumber value={share} style="percent" />
          </Text>
          <Button variant="default" size="compact-sm" onClick={onStop}>
            {text('newImport.stop')}
          </Button>
        </Group>
        <Progress value={100 * share} animated={share === 1} aria-label={text('newImport.uploading')} />
      </Stack>
    );
  return (
    <Group justify="flex-end" gap="xs">
      <Button variant="default" disabled={!isReady} onClick={onCheck}>
        {text('newImport.check')}
      </Button>
      <Button disabled={!isReady} onClick={onStart}>
        {text('newImport.start')}
      </Button>
    </Group>
  );
}

export function Checked({ found }: { found: Ingested }) {
  const text = useTexts();
  const { received, created, updated, unchanged, rejected, incomplete, rowErrorCounts } = found;
  return (
    <Alert color={rejected ? 'orange' : 'green'} title={text('newImport.checked')} role="status">
      <Text size="sm">
        {text('newImport.checked.counts', { received, created, updated, unchanged, rejected, incomplete })}
      </Text>
      <List size="sm" mt="xs" style={{ overflowWrap: 'anywhere' }}>
        {rowErrorCounts.map((fault) => (
          <List.Item key={`${fault.column ?? ''} ${fault.message}`}>
            {text('newImport.checked.fault', {
              count: fault.count,
              column: fault.column ?? '–',
              first: fault.first,
              message: fault.message,
            })}
          </List.Item>
        ))}
      </List>
    </Alert>
  );
}
