/** The customers whom an operation could not change, in a window over the list. */
import { Button, List, Modal, Skeleton, Stack, Text } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { useQuery } from 'urql';
import { TextLink } from '../../components/link';
import type { Operation } from '../../components/operation';
import { Pager, usePlace } from '../../components/pager';
import { Problem } from '../../components/problem';
import { useTexts } from '../../texts';
import { FailuresFile } from './file';
import { FAILURES } from './queries';

const SIZE = 20;
/** So many the server names. */
const NAMED = 1_000;

export function Failures({ operation }: { operation: Operation }) {
  const text = useTexts();
  const [isOpen, opening] = useDisclosure();
  if (operation.failed === 0) return null;
  return (
    <>
      <Button size="compact-xs" variant="default" mt={4} onClick={opening.open}>
        {text('bulk.failures.show')}
      </Button>
      <Modal
        opened={isOpen}
        onClose={opening.close}
        title={text('bulk.failures.title')}
        closeButtonProps={{ 'aria-label': text('confirm.close') }}
      >
        <Who operation={operation} />
      </Modal>
    </>
  );
}

function Who({ operation: { id, failed, failureReason } }: { operation: Operation }) {
  const text = useTexts();
  const [place, go] = usePlace(SIZE, id);
  const [{ data, error }, again] = useQuery({ query: FAILURES, variables: { id, ...place } });
  const found = data?.bulkOperation?.failedCustomers;
  if (error && !found)
    return (
      <Problem
        error={error}
        onRetry={() => {
          again({ requestPolicy: 'network-only' });
        }}
      />
    );
  return (
    <Stack aria-busy={found === undefined}>
      {failureReason && <Text size="sm">{failureReason}</Text>}
      {failed > NAMED && (
        <Text size="sm" c="dimmed">
          {text('bulk.failures.first', { count: NAMED })}
        </Text>
      )}
      {found === undefined && <Skeleton height={200} />}
      {found?.nodes.length === 0 && (
        <Text size="sm" c="dimmed">
          {text('bulk.failures.gone')}
        </Text>
      )}
      {found && found.nodes.length > 0 && (
        <List size="sm" listStyleType="none" spacing="xs" style={{ overflowWrap: 'anywhere' }}>
          {found.nodes.map((customer) => (
            <List.Item key={customer.id}>
              <TextLink to="/customers/$id" params={{ id: customer.id }} fz="sm">
                {customer.name ?? customer.externalId}
              </TextLink>
              {customer.email && (
                <Text size="xs" c="dimmed">
                  {customer.email}
                </Text>
              )}
            </List.Item>
          ))}
        </List>
      )}
      <Pager info={found?.pageInfo} size={SIZE} onGo={go} />
      {found && found.nodes.length > 0 && <FailuresFile id={id} isOne={failed === 1} />}
    </Stack>
  );
}
