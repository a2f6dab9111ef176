/** All customers: sorted by what one clicks, found by what one types, which stays out of the address. */
import { Card, Skeleton, Table, Text, TextInput, UnstyledButton } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { useTable } from '@tanstack/react-table';
import { useState } from 'react';
import { useQuery } from 'urql';
import { Empty } from '../../components/empty';
import { Pager, usePlace } from '../../components/pager';
import { Problem } from '../../components/problem';
import { Screen } from '../../components/screen';
import { useTexts } from '../../texts';
import { columns, features, LOOKS, type Customer } from './columns';
import { CUSTOMERS } from './queries';
import { nextSort, sortOf, type Sort } from './sorts';

const SIZE = 25;
const TYPING_MS = 250;
const NONE: readonly Customer[] = [];

export default function Page() {
  const text = useTexts();
  const { sort } = useSearch({ from: '/customers' });
  const [typed, type] = useState('');
  const [search] = useDebouncedValue(typed.trim(), TYPING_MS);
  const [place, go] = usePlace(SIZE, `${sort ?? ''} ${search}`);
  const [{ data, error, stale, fetching }, again] = useQuery({
    query: CUSTOMERS,
    variables: { ...place, sort: sortOf(sort), filter: search ? { search } : null },
  });
  const found = data?.customers;
  return (
    <Screen
      title={text('customers.title')}
      aside={
        <TextInput
          type="search"
          aria-label={text('customers.search')}
          placeholder={text('customers.search')}
          w={{ base: '100%', xs: 280 }}
          value={typed}
          onChange={(event) => {
            type(event.currentTarget.value);
          }}
        />
      }
    >
      <Text size="sm" c="dimmed" role="status" mih={22}>
        {typeof found?.totalCount === 'number' && text('customers.count', { count: found.totalCount })}
      </Text>
      {error && !found ? (
        <Problem
          error={error}
          onRetry={() => {
            again({ requestPolicy: 'network-only' });
          }}
        />
      ) : (
        <Card withBorder p={0} aria-busy={stale || fetching}>
          {found?.nodes.length === 0 ? (
            <Empty>{text(search ? 'customers.empty.search' : 'customers.empty')}</Empty>
          ) : (
            <List customers={found?.nodes} sort={sort} />
          )}
        </Card>
      )}
      <Pager info={found?.pageInfo} size={SIZE} onGo={go} />
    </Screen>
  );
}

function List({ customers, sort }: { customers: readonly Customer[] | undefined; sort: Sort | undefined }) {
  const table = useTable({ features, columns, data: customers ?? NONE, getRowId: (row) => row.id });
  return (
    <Table verticalSpacing="xs" highlightOnHover layout="fixed">
      <Table.Thead>
        <Table.Tr>
          {Object.keys(LOOKS).map((id) => (
            <Heading key={id} id={id} sort={sort} />
          ))}
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {customers === undefined && Array.from({ length: 12 }, (_, row) => <Waiting key={row} />)}
        {table.getRowModel().rows.map((row) => (
          <Table.Tr key={row.id}>
            {row.getAllCells().map((cell) => (
              <Table.Td key={cell.id} {...look(cell.column.id)}>
                <table.FlexRender cell={cell} />
              </Table.Td>
            ))}
          </Table.Tr>
        ))}
      </Table.Tbody>
    </Table>
  );
}

function look(id: string) {
  const { visibleFrom, isNumber } = LOOKS[id] ?? {};
  return {
    ...(visibleFrom && { visibleFrom }),
    ...(isNumber && { ta: 'right' as const, style: { fontVariantNumeric: 'tabular-nums' } }),
  };
}

function Heading({ id, sort }: { id: string; sort: Sort | undefined }) {
  const text = useTexts();
  const navigate = useNavigate({ from: '/customers' });
  const shown = LOOKS[id];
  if (!shown) return null;
  const { sort: key } = shown;
  const width = shown.width ? { w: { base: 'auto', sm: shown.width } } : {};
  if (!key)
    return (
      <Table.Th {...look(id)} {...width}>
        {text(shown.text)}
      </Table.Th>
    );
  const order = sort === key ? 'ascending' : sort === `-${key}` ? 'descending' : 'none';
  const sign = { ascending: ' ↑', descending: ' ↓', none: '' }[order];
  return (
    <Table.Th {...look(id)} {...width} aria-sort={order}>
      <UnstyledButton
        fz="sm"
        fw={700}
        onClick={() => {
          const next = nextSort(key, sort);
          void navigate({ search: next ? { sort: next } : {} });
        }}
      >
        {text(shown.text)}
        <span aria-hidden>{sign}</span>
      </UnstyledButton>
    </Table.Th>
  );
}

function Waiting() {
  return (
    <Table.Tr>
      <Table.Td colSpan={columns.length}>
        <Skeleton height={22} />
      </Table.Td>
    </Table.Tr>
  );
}
