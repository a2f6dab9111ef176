/** What was done with many customers at once, newest first; what still runs moves. */
import { Badge, Card, Skeleton, Stack, Table, Text, VisuallyHidden } from '@mantine/core';
import { useQuery } from 'urql';
import { useChange } from '../../api/change';
import { ConfirmedButton } from '../../components/confirm';
import { Empty } from '../../components/empty';
import { Errors } from '../../components/errors';
import { ButtonLink } from '../../components/link';
import { Moment } from '../../components/moment';
import { OperationBar, useOperation, type Operation } from '../../components/operation';
import { Pager, usePlace } from '../../components/pager';
import { useMay } from '../../components/permissions';
import { Problem } from '../../components/problem';
import { Screen } from '../../components/screen';
import { useTexts } from '../../texts';
import { Failures } from './failures';
import { CANCEL, OPERATIONS } from './queries';

const SIZE = 20;
const ROWS_WAITED_FOR = 6;
const COLORS: Record<Operation['status'], string> = {
  ACCEPTED: 'gray',
  RUNNING: 'blue',
  COMPLETED: 'green',
  FAILED: 'red',
};

export default function Page() {
  const text = useTexts();
  const [place, go] = usePlace(SIZE);
  const [{ data, error, stale }, again] = useQuery({ query: OPERATIONS, variables: place });
  const operations = data?.bulkOperations?.nodes;
  return (
    <Screen title={text('bulk.title')}>
      {error && !operations ? (
        <Problem
          error={error}
          onRetry={() => {
            again({ requestPolicy: 'network-only' });
          }}
        />
      ) : (
        <Card withBorder p={0} aria-busy={stale || operations === undefined}>
          {operations?.length === 0 ? (
            <Empty next={<ButtonLink to="/customers">{text('bulk.customers')}</ButtonLink>}>
              {text('bulk.empty')}
            </Empty>
          ) : (
            <List operations={operations} />
          )}
        </Card>
      )}
      <Pager info={data?.bulkOperations?.pageInfo} size={SIZE} onGo={go} />
    </Screen>
  );
}

function List({ operations }: { operations: readonly Operation[] | undefined }) {
  const text = useTexts();
  const mayWrite = useMay('CUSTOMERS_WRITE');
  return (
    <Table verticalSpacing="sm" layout="fixed">
      <Table.Thead>
        <Table.Tr>
          <Table.Th>{text('bulk.what')}</Table.Th>
          <Table.Th w={140} visibleFrom="sm">
            {text('bulk.status')}
          </Table.Th>
          <Table.Th>{text('bulk.progress')}</Table.Th>
          <Table.Th w={190} visibleFrom="md">
            {text('bulk.begun')}
          </Table.Th>
          {mayWrite && (
            <Table.Th w={110} visibleFrom="sm">
              <VisuallyHidden>{text('bulk.cancel')}</VisuallyHidden>
            </Table.Th>
          )}
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {operations === undefined &&
          Array.from({ length: ROWS_WAITED_FOR }, (_, row) => (
            <Table.Tr key={row}>
              <Table.Td colSpan={5}>
                <Skeleton height={38} />
              </Table.Td>
            </Table.Tr>
          ))}
        {operations?.map((operation) => (
          <Row key={operation.id} first={operation} mayWrite={mayWrite} />
        ))}
      </Table.Tbody>
    </Table>
  );
}

function Row({ first, mayWrite }: { first: Operation; mayWrite: boolean }) {
  const text = useTexts();
  const operation = useOperation(first);
  const { isBusy, errors, change } = useChange();
  const { status, kind, createdBy, createdAt, failureReason } = operation;
  const isOpen = status === 'ACCEPTED' || status === 'RUNNING';
  const cancel = (
    <ConfirmedButton
      size="xs"
      label={text('bulk.cancel')}
      question={text('bulk.cancel.sure')}
      color="red"
      isBusy={isBusy}
      onConfirm={() => void change(CANCEL, { id: operation.id })}
    />
  );
  const state = (
    <Badge color={COLORS[status]} variant="dot" tt="none">
      {text(`operation.status.${status}`)}
    </Badge>
  );
  return (
    <Table.Tr>
      <Table.Td style={{ overflowWrap: 'anywhere' }}>
        <Stack gap={2} align="flex-start">
          <Text size="sm">{text(`operation.kind.${kind}`)}</Text>
          {createdBy && (
            <Text size="xs" c="dimmed">
              {createdBy}
            </Text>
          )}
          <Stack gap={4} hiddenFrom="sm" align="flex-start">
            {state}
            {mayWrite && isOpen && cancel}
          </Stack>
        </Stack>
      </Table.Td>
      <Table.Td visibleFrom="sm">{state}</Table.Td>
      <Table.Td>
        <OperationBar operation={operation} />
        {failureReason && (
          <Text size="xs" mt={4} style={{ overflowWrap: 'anywhere' }}>
            {failureReason}
          </Text>
        )}
        <Failures operation={operation} />
        <Errors errors={errors} />
      </Table.Td>
      <Table.Td visibleFrom="md">
        <Moment at={createdAt} />
      </Table.Td>
      {mayWrite && (
        <Table.Td visibleFrom="sm" ta="right">
          {isOpen && cancel}
        </Table.Td>
      )}
    </Table.Tr>
  );
}
