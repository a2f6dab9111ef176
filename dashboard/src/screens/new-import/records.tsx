/** The first rows as they would be taken. */
import { ScrollArea, Table, Text } from '@mantine/core';
import { Panel } from '../../components/panel';
import { useTexts } from '../../texts';

export function Records({ records }: { records: readonly Record<string, unknown>[] }) {
  const text = useTexts();
  const fields = [...new Set(records.flatMap((record) => Object.keys(record)))];
  if (records.length === 0) return null;
  return (
    <Panel title={text('newImport.records')}>
      <ScrollArea.Autosize mah={420} type="auto" viewportProps={{ tabIndex: 0 }}>
        <Table verticalSpacing={6} style={{ whiteSpace: 'nowrap' }}>
          <Table.Thead>
            <Table.Tr>
              {fields.map((field) => (
                <Table.Th key={field}>{field}</Table.Th>
              ))}
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {records.map((record, row) => (
              <Table.Tr key={row}>
                {fields.map((field) => (
                  <Table.Td key={field}>
                    <Text size="sm" truncate maw={260}>
                      {written(record[field])}
                    </Text>
                  </Table.Td>
                ))}
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </ScrollArea.Autosize>
    </Panel>
  );
}

function written(value: unknown): string {
  if (value === undefined || value === null) return '';
  if (Array.isArray(value) && value.every((part) => typeof part === 'string')) return value.join(', ');
  return typeof value === 'string' ? value : JSON.stringify(value);
}
