/** How far a bulk operation is: live while it runs, in words and as a bar. */
import { Progress, Stack, Text } from '@mantine/core';
import { useSubscription } from 'urql';
import { graphql } from '../gql';
import type { OperationPartsFragment } from '../gql/graphql';
import { useTexts } from '../texts';

graphql(`
  fragment OperationParts on BulkOperation {
    id
    kind
    createdBy
    status
    failureReason
    matched
    done
    failed
    createdAt
    completedAt
  }
`);

const PROGRESS = graphql(`
  subscription OperationProgress($id: ID!) {
    bulkOperationProgress(operationId: $id) {
      ...OperationParts
    }
  }
`);

export type Operation = OperationPartsFragment;

/** Its events change what the cache holds, and so whatever else shows the operation. */
export function useOperation(first: Operation): Operation {
  const isOpen = first.status === 'ACCEPTED' || first.status === 'RUNNING';
  const [{ data }] = useSubscription({ query: PROGRESS, variables: { id: first.id }, pause: !isOpen });
  return data?.bulkOperationProgress ?? first;
}

export function OperationBar({ operation }: { operation: Operation }) {
  const text = useTexts();
  const { matched, done, failed, status } = operation;
  const share = status === 'COMPLETED' ? 100 : matched ? (100 * (done + failed)) / matched : 0;
  const words = text(
    matched === null || matched === undefined ? 'operation.counting' : 'operation.progress',
    {
      done,
      matched: matched ?? 0,
    },
  );
  return (
    <Stack gap={4}>
      <Progress.Root size="lg">
        <Progress.Section
          value={share}
          color={status === 'FAILED' ? 'red' : status === 'COMPLETED' ? 'green' : 'blue'}
          animated={status === 'RUNNING'}
          aria-label={words}
        />
      </Progress.Root>
      <Text size="xs" c="dimmed" style={{ fontVariantNumeric: 'tabular-nums' }}>
        {words}
        {failed > 0 && ` · ${text('operation.failed', { failed })}`}
      </Text>
    </Stack>
  );
}
