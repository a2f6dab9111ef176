/** The table of customers: rows to choose, headings to sort by. */
import { Checkbox, Skeleton, Table, UnstyledButton } from '@mantine/core';
import { useMediaQuery } from '@mantine/hooks';
import { useNavigate } from '@tanstack/react-router';
import { useTable, type RowSelectionState } from '@tanstack/react-table';
import { useTexts } from '../../texts';
import { addressOf } from './address';
import { COLUMNS, columns, features, lookOf, type ColumnId, type Customer } from './columns';
import { nextSort, type Sort } from './sorts';

const NONE: readonly Customer[] = [];
const ROWS_WAITED_FOR = 12;
const BOX = 44;

export function CustomersTable({
  customers,
  shown,
  sort,
  selected,
  isAll,
  onSelect,
}: {
  customers: readonly Customer[] | undefined;
  shown: readonly ColumnId[];
  sort: Sort | undefined;
  selected: RowSelectionState;
  /** Whether all that match are meant, on every page. */
  isAll: boolean;
  /** Nothing can be chosen by who may change nothing. */
  onSelect: ((next: RowSelectionState) => void) | null;
}) {
  const text = useTexts();
  const table = useTable({
    features,
    columns,
    data: customers ?? NONE,
    getRowId: (row) => row.id,
    state: {
      rowSelection: selected,
      columnVisibility: Object.fromEntries(COLUMNS.map((id) => [id, shown.includes(id)])),
    },
    onRowSelectionChange: (next) => {
      onSelect?.(typeof next === 'function' ? next(selected) : next);
    },
  });
  const isWide = useMediaQuery('(min-width: 62em)', undefined, { getInitialValueInEffect: false });
  const width = shown.reduce((sum, id) => sum + lookOf(id).width, onSelect ? BOX : 0);
  return (
    // Smaller screens show fewer columns, which always fit.
    <Table.ScrollContainer minWidth={isWide ? width : 0} type="native">
      <Table verticalSpacing="xs" layout="fixed">
        <Table.Thead>
          <Table.Tr>
            {onSelect && (
              <Table.Th w={BOX}>
                <Checkbox
                  aria-label={text('customers.select.page')}
                  checked={isAll || (table.getIsAllRowsSelected() && !!customers?.length)}
                  indeterminate={!isAll && table.getIsSomeRowsSelected() && !table.getIsAllRowsSelected()}
                  disabled={isAll}
                  onChange={table.getToggleAllRowsSelectedHandler()}
                />
              </Table.Th>
            )}
            {shown.map((id) => (
              <Heading key={id} id={id} sort={sort} />
            ))}
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {customers === undefined &&
            Array.from({ length: ROWS_WAITED_FOR }, (_, row) => (
              <Waiting key={row} span={shown.length + 1} />
            ))}
          {table.getRowModel().rows.map((row) => (
            <Table.Tr key={row.id}>
              {onSelect && (
                <Table.Td>
                  <Checkbox
                    aria-label={text('customers.select.one', {
                      name: row.original.name ?? row.original.externalId,
                    })}
                    checked={isAll || row.getIsSelected()}
                    disabled={isAll}
                    onChange={row.getToggleSelectedHandler()}
                  />
                </Table.Td>
              )}
              {row.getVisibleCells().map((cell) => (
                <Table.Td key={cell.id} {...look(cell.column.id)}>
                  <table.FlexRender cell={cell} />
                </Table.Td>
              ))}
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  );
}

function look(id: string) {
  const { visibleFrom, isNumber } = lookOf(id);
  return {
    ...(visibleFrom && { visibleFrom }),
    ...(isNumber && { ta: 'right' as const, style: { fontVariantNumeric: 'tabular-nums' } }),
  };
}

function Heading({ id, sort }: { id: ColumnId; sort: Sort | undefined }) {
  const text = useTexts();
  const navigate = useNavigate({ from: '/customers' });
  const { text: name, sort: key, width } = lookOf(id);
  const size = id === 'name' ? {} : { w: { base: 'auto', sm: width } };
  if (!key)
    return (
      <Table.Th {...look(id)} {...size}>
        {text(name)}
      </Table.Th>
    );
  const order = sort === key ? 'ascending' : sort === `-${key}` ? 'descending' : 'none';
  const sign = { ascending: ' ↑', descending: ' ↓', none: '' }[order];
  return (
    <Table.Th {...look(id)} {...size} aria-sort={order}>
      <UnstyledButton
        fz="sm"
        fw={700}
        onClick={() => {
          const next = nextSort(key, sort);
          void navigate({
            search: (before) => addressOf({ ...before, sort: next }),
            state: true,
          });
        }}
      >
        {text(name)}
        <span aria-hidden>{sign}</span>
      </UnstyledButton>
    </Table.Th>
  );
}

function Waiting({ span }: { span: number }) {
  return (
    <Table.Tr>
      <Table.Td colSpan={span}>
        <Skeleton height={22} />
      </Table.Td>
    </Table.Tr>
  );
}
