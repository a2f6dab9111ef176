/** Which column of the file goes to which field: found by its heading, or chosen. */
import { Group, ScrollArea, Select, Table, Text } from '@mantine/core';
import { useQuery } from 'urql';
import { Panel } from '../../components/panel';
import type { ImportColumn, IngestionKind } from '../../gql/graphql';
import { useTexts } from '../../texts';
import type { TextId } from '../../texts/en';
import { IMPORT_FIELDS } from './queries';

const LEFT_OUT = '';
const SAMPLES = 3;

const BECAUSE: Partial<Record<string, TextId>> = {
  heading: 'newImport.because.heading',
  mapping: 'newImport.because.mapping',
};

export function Columns({
  kind,
  columns,
  missing,
  onChoose,
}: {
  kind: IngestionKind;
  columns: readonly ImportColumn[];
  missing: readonly string[];
  onChoose: (column: string, field: string | null) => void;
}) {
  const text = useTexts();
  const [{ data }] = useQuery({ query: IMPORT_FIELDS, variables: { kind } });
  const fields = data?.importFields ?? [];
  const choices = [
    { value: LEFT_OUT, label: text('newImport.leftOut') },
    ...fields.map(({ field, label }) => ({ value: field, label })),
  ];
  const labelOf = (field: string) => fields.find((one) => one.field === field)?.label ?? field;
  return (
    <Panel title={text('newImport.columns')}>
      {missing.length > 0 && (
        <Text size="sm" c="dimmed" mb="xs">
          {text('newImport.missing', { fields: missing.map(labelOf).join(', ') })}
        </Text>
      )}
      <ScrollArea.Autosize mah={480} type="auto" viewportProps={{ tabIndex: 0 }}>
        <Table verticalSpacing="xs" horizontalSpacing="xs" layout="fixed">
          <Table.Thead>
            <Table.Tr>
              <Table.Th w={{ base: '38%', sm: '32%' }}>{text('newImport.column')}</Table.Th>
              <Table.Th visibleFrom="sm">{text('newImport.samples')}</Table.Th>
              <Table.Th>{text('newImport.field')}</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {columns.map((column) => (
              <Table.Tr key={column.column}>
                <Table.Td style={{ overflowWrap: 'anywhere' }}>{column.column}</Table.Td>
                <Table.Td visibleFrom="sm">
                  <Text size="sm" c="dimmed" lineClamp={2} style={{ overflowWrap: 'anywhere' }}>
                    {column.samples.slice(0, SAMPLES).join(' · ') || '–'}
                  </Text>
                </Table.Td>
                <Table.Td>
                  <Field column={column} choices={choices} onChoose={onChoose} />
                </Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </ScrollArea.Autosize>
    </Panel>
  );
}

function Field({
  column: { column, field, because },
  choices,
  onChoose,
}: {
  column: ImportColumn;
  choices: readonly { value: string; label: string }[];
  onChoose: (column: string, field: string | null) => void;
}) {
  const text = useTexts();
  const why = because ? BECAUSE[because] : undefined;
  return (
    <Group gap="xs">
      <Select
        aria-label={text('newImport.fieldOf', { column })}
        flex="1 1 160px"
        miw={0}
        searchable
        allowDeselect={false}
        comboboxProps={{ width: 260, position: 'bottom-start' }}
        data={choices}
        value={field ?? LEFT_OUT}
        onChange={(value) => {
          onChoose(column, value || null);
        }}
      />
      <Text size="xs" c="dimmed" w={130} visibleFrom="lg">
        {why ? text(why) : because}
      </Text>
    </Group>
  );
}
