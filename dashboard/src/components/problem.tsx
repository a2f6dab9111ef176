/** What is shown in place of what could not be loaded. */
import { Alert, Button, Stack, Text } from '@mantine/core';
import type { CombinedError } from 'urql';
import { useTexts } from '../texts';
import type { TextId } from '../texts/en';

const SENTENCES: Partial<Record<string, TextId>> = {
  FORBIDDEN: 'error.forbidden',
  UNAVAILABLE: 'error.unavailable',
};

export function Problem({ error, onRetry }: { error: CombinedError; onRetry: () => void }) {
  const text = useTexts();
  const first = error.graphQLErrors[0];
  const id = first ? SENTENCES[String(first.extensions['code'])] : 'error.network';
  return (
    <Alert color="red" title={text('error.title')} role="alert">
      <Stack align="flex-start">
        <Text style={{ overflowWrap: 'anywhere' }}>{id ? text(id) : first?.message}</Text>
        <Button variant="default" onClick={onRetry}>
          {text('error.retry')}
        </Button>
      </Stack>
    </Alert>
  );
}
