/** Exports in a table; those that are being made move. */
import { Group, Skeleton, Table, Text } from '@mantine/core';
import { FormattedNumber } from 'react-intl';
import { useClient, useSubscription } from 'urql';
import { ownAddress } from '../../api/upload';
import { DownloadButton } from '../../components/download';
import { Moment } from '../../components/moment';
import { Status } from '../../components/status';
import type { ExportsQuery } from '../../gql/graphql';
import { useTexts } from '../../texts';
import { EXPORT_ADDRESS, EXPORT_MOVES } from './queries';

export type Export = NonNullable<ExportsQuery['exports']>['nodes'][number];

const COLUMNS = 6;

export function List({
  rows,
  now,
  isPaused,
}: {
  rows: readonly Export[] | undefined;
  now: number;
  isPaused: boolean;
}) {
  const text = useTexts();
  return (
    <Table verticalSpacing="sm" layout="fixed">
      <Table.Thead>
        <Table.Tr>
          <Table.Th>{text('exports.file')}</Table.Th>
          <Table.Th w={125} visibleFrom="sm">
            {text('exports.state')}
          </Table.Th>
          <Table.Th w={130} ta="right" visibleFrom="sm">
            {text('exports.rows')}
          </Table.Th>
          <Table.Th w={180} visibleFrom="lg">
            {text('exports.made')}
          </Table.Th>
          <Table.Th w={170} visibleFrom="lg">
            {text('exports.expires')}
          </Table.Th>
          <Table.Th w={{ base: 126, sm: 150 }}>{text('exports.get')}</Table.Th>
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {rows === undefined
          ? Array.from({ length: 8 }, (_, row) => <Waiting key={row} />)
          : rows.map((row) => (
              <Row key={row.id} row={row} isPaused={isPaused} isExpired={Date.parse(row.expiresAt) <= now} />
            ))}
      </Table.Tbody>
    </Table>
  );
}

function Waiting() {
  return (
    <Table.Tr>
      <Table.Td colSpan={COLUMNS}>
        <Skeleton height={44} />
      </Table.Td>
    </Table.Tr>
  );
}

function Row({ row, isPaused, isExpired }: { row: Export; isPaused: boolean; isExpired: boolean }) {
  const text = useTexts();
  // Its events change what the cache holds, and so this row.
  const isMade = row.status === 'RUNNING';
  useSubscription({ query: EXPORT_MOVES, variables: { id: row.id }, pause: isPaused || !isMade });
  const isThere = row.status === 'COMPLETED' && !isExpired;
  return (
    <Table.Tr>
      <Table.Td style={{ overflowWrap: 'anywhere' }}>
        <Text size="sm" fw={500}>
          {text(`exports.subject.${row.subject}`)}
        </Text>
        <Text size="xs" c="dimmed">
          {text(`exports.format.${row.format}`)}
        </Text>
        <Group hiddenFrom="sm" gap="xs" mt={4}>
          <Status status={row.status} />
          <Text size="xs">
            {text(isMade ? 'exports.rowsSoFar' : 'exports.rowCount', { count: row.rows })}
          </Text>
        </Group>
        {(row.failureReason ?? row.note) && (
          <Text size="xs" c={row.failureReason ? 'red' : 'dimmed'}>
            {row.failureReason ?? row.note}
          </Text>
        )}
      </Table.Td>
      <Table.Td visibleFrom="sm">
        <Status status={row.status} />
      </Table.Td>
      <Table.Td ta="right" visibleFrom="sm" style={{ fontVariantNumeric: 'tabular-nums' }}>
        {isMade ? text('exports.soFar', { count: row.rows }) : <FormattedNumber value={row.rows} />}
      </Table.Td>
      <Table.Td visibleFrom="lg">
        <Moment at={row.createdAt} />
        <Text size="xs" c="dimmed" truncate>
          {row.createdBy}
        </Text>
      </Table.Td>
      <Table.Td visibleFrom="lg">
        {isExpired ? <Text size="sm">{text('exports.expired')}</Text> : <Moment at={row.expiresAt} />}
      </Table.Td>
      <Table.Td>{isThere ? <Get row={row} /> : <Text c="dimmed">–</Text>}</Table.Td>
    </Table.Tr>
  );
}

function Get({ row }: { row: Export }) {
  const text = useTexts();
  const client = useClient();
  const address = async () => {
    const found = await client
      .query(EXPORT_ADDRESS, { id: row.id }, { requestPolicy: 'network-only' })
      .toPromise();
    const url = found.data?.export?.url;
    return url ? ownAddress(url) : null;
  };
  return <DownloadButton size="xs" label={text('exports.download')} address={address} />;
}
