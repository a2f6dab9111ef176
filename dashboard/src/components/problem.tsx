/** What is shown in place of what could not be loaded. */
import { Alert, Button, Stack, Text } from '@mantine/core';
import type { CombinedError } from 'urql';
import { sentencesOf } from '../api/sentences';
import { useTexts } from '../texts';

export function Problem({ error, onRetry }: { error: CombinedError; onRetry: () => void }) {
  const text = useTexts();
  return (
    <Alert color="red" title={text('error.title')} role="alert">
      <Stack align="flex-start">
        <Text style={{ overflowWrap: 'anywhere' }}>{sentencesOf(error, text)[0]}</Text>
        <Button variant="default" onClick={onRetry}>
          {text('error.retry')}
        </Button>
      </Stack>
    </Alert>
  );
}
