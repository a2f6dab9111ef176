/** Which column went to which field. */
import { Table, Text } from '@mantine/core';
import { Panel } from '../../components/panel';
import { useTexts } from '../../texts';
import type { Import } from './live';

export function Columns({ row: { columns, ignoredColumns } }: { row: Import }) {
  const text = useTexts();
  const taken = columns.filter(({ field }) => field);
  if (columns.length === 0) return null;
  return (
    <Panel title={text('import.columns')}>
      <Table verticalSpacing={6} layout="fixed" maw={720}>
        <Table.Thead>
          <Table.Tr>
            <Table.Th>{text('newImport.column')}</Table.Th>
            <Table.Th>{text('newImport.field')}</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {taken.map(({ column, field }) => (
            <Table.Tr key={column}>
              <Table.Td style={{ overflowWrap: 'anywhere' }}>{column}</Table.Td>
              <Table.Td style={{ overflowWrap: 'anywhere' }}>{field}</Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
      {ignoredColumns.length > 0 && (
        <Text size="sm" c="dimmed" mt="xs" style={{ overflowWrap: 'anywhere' }}>
          {text('import.ignored', { columns: ignoredColumns.join(', ') })}
        </Text>
      )}
    </Panel>
  );
}
