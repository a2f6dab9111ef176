/** What was wrong with rows: by cause, and each row by itself, as they come. */
import { Group, Skeleton, Table, Text } from '@mantine/core';
import { useThrottledValue } from '@mantine/hooks';
import { useEffect, useRef } from 'react';
import { FormattedNumber } from 'react-intl';
import { useClient, useQuery } from 'urql';
import { ownAddress } from '../../api/upload';
import { DownloadButton } from '../../components/download';
import { Empty } from '../../components/empty';
import { Pager, usePlace } from '../../components/pager';
import { Panel } from '../../components/panel';
import { useMay } from '../../components/permissions';
import { Problem } from '../../components/problem';
import type { RowErrorsQuery } from '../../gql/graphql';
import { useTexts } from '../../texts';
import type { Import } from './live';
import { REFUSED_ROWS, ROW_ERRORS } from './queries';

const SIZE = 50;
const AGAIN_MS = 2_000;

type RowError = NonNullable<NonNullable<RowErrorsQuery['ingestion']>['rowErrors']>['nodes'][number];

export function Causes({ causes }: { causes: Import['rowErrorCounts'] }) {
  const text = useTexts();
  if (causes.length === 0) return null;
  return (
    <Panel title={text('import.causes')}>
      <Table verticalSpacing="xs" layout="fixed">
        <Table.Thead>
          <Table.Tr>
            <Table.Th w={80} ta="right">
              {text('import.rows')}
            </Table.Th>
            <Table.Th w={{ base: 100, sm: 180 }}>{text('import.column')}</Table.Th>
            <Table.Th>{text('import.fault')}</Table.Th>
            <Table.Th w={110} ta="right" visibleFrom="sm">
              {text('import.first')}
            </Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {causes.map((cause) => (
            <Table.Tr key={`${cause.column ?? ''} ${cause.message}`}>
              <Table.Td ta="right" style={{ fontVariantNumeric: 'tabular-nums' }}>
                <FormattedNumber value={cause.count} />
              </Table.Td>
              <Table.Td style={{ overflowWrap: 'anywhere' }}>{cause.column ?? '–'}</Table.Td>
              <Table.Td style={{ overflowWrap: 'anywhere' }}>{cause.message}</Table.Td>
              <Table.Td ta="right" visibleFrom="sm" style={{ fontVariantNumeric: 'tabular-nums' }}>
                <FormattedNumber value={cause.first} />
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Panel>
  );
}

export function RowErrors({ row: { id, rejected, incomplete } }: { row: Import }) {
  const text = useTexts();
  const [place, go] = usePlace(SIZE);
  const [{ data, error }, again] = useQuery({ query: ROW_ERRORS, variables: { id, ...place } });
  const count = useThrottledValue(rejected + incomplete, AGAIN_MS);
  const read = useRef(count);
  useEffect(() => {
    if (read.current === count) return;
    read.current = count;
    again({ requestPolicy: 'network-only' });
  }, [count, again]);
  const errors = data?.ingestion?.rowErrors;
  return (
    <Panel title={text('import.refusedRows')} aside={<Refused id={id} count={rejected} />} mih={140}>
      {error && !errors ? (
        <Problem
          error={error}
          onRetry={() => {
            again({ requestPolicy: 'network-only' });
          }}
        />
      ) : (
        <Rows errors={errors?.nodes} />
      )}
      <Group justify="space-between" mt="xs">
        <Text size="sm" c="dimmed">
          {typeof errors?.totalCount === 'number' &&
            errors.totalCount > 0 &&
            text('import.faults', { count: errors.totalCount })}
        </Text>
        <Pager info={errors?.pageInfo} size={SIZE} onGo={go} />
      </Group>
    </Panel>
  );
}

function Rows({ errors }: { errors: readonly RowError[] | undefined }) {
  const text = useTexts();
  if (errors === undefined) return <Skeleton height={60} />;
  if (errors.length === 0) return <Empty>{text('import.refusedRows.none')}</Empty>;
  return (
    <Table verticalSpacing="xs" layout="fixed">
      <Table.Thead>
        <Table.Tr>
          <Table.Th w={80} ta="right">
            {text('import.line')}
          </Table.Th>
          <Table.Th w={180} visibleFrom="sm">
            {text('import.column')}
          </Table.Th>
          <Table.Th w={200} visibleFrom="md">
            {text('import.value')}
          </Table.Th>
          <Table.Th>{text('import.fault')}</Table.Th>
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {errors.map((error) => (
          <Table.Tr key={error.row}>
            <Table.Td ta="right" style={{ fontVariantNumeric: 'tabular-nums' }}>
              <FormattedNumber value={error.line ?? error.row + 1} />
            </Table.Td>
            <Table.Td visibleFrom="sm" style={{ overflowWrap: 'anywhere' }}>
              {error.column ?? error.field ?? '–'}
            </Table.Td>
            <Table.Td visibleFrom="md" style={{ overflowWrap: 'anywhere' }}>
              {error.value || '–'}
            </Table.Td>
            <Table.Td style={{ overflowWrap: 'anywhere' }}>{error.message}</Table.Td>
          </Table.Tr>
        ))}
      </Table.Tbody>
    </Table>
  );
}

function Refused({ id, count }: { id: string; count: number }) {
  const text = useTexts();
  const client = useClient();
  const mayHave = useMay('INGESTIONS_WRITE');
  if (!mayHave || count === 0) return null;
  const address = async () => {
    const { data } = await client.query(REFUSED_ROWS, { id }, { requestPolicy: 'network-only' }).toPromise();
    const url = data?.ingestion?.rowErrorsUrl;
    return url ? ownAddress(url) : null;
  };
  return <DownloadButton size="xs" label={text('import.refusedRows.download')} address={address} />;
}
