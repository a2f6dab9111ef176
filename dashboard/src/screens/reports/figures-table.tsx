/** The figures of a report, each as it is. */
import { Table } from '@mantine/core';
import { useTexts } from '../../texts';
import type { Choice } from './choices';
import { changeOf, type Row } from './figures';
import { useWords } from './words';

const NUMBER = { ta: 'right', style: { fontVariantNumeric: 'tabular-nums', whiteSpace: 'nowrap' } } as const;

export function FiguresTable({ rows, choice }: { rows: readonly Row[]; choice: Choice }) {
  const text = useTexts();
  const { value, label, change } = useWords();
  const { metrics } = choice;
  const isCompared = rows.some((row) => row.before !== undefined);
  const [first = 'CUSTOMERS'] = metrics;
  const caption = text('reports.chart', {
    metric: text(`metric.${first}`),
    by: text(`reports.by.${choice.by}`),
  });
  return (
    <Table.ScrollContainer
      minWidth={120 + 110 * (metrics.length + (isCompared ? 2 : 0))}
      maxHeight={520}
      scrollAreaProps={{ viewportProps: { tabIndex: 0, role: 'group', 'aria-label': caption } }}
    >
      <Table stickyHeader verticalSpacing="xs" aria-label={caption}>
        <Table.Thead>
          <Table.Tr>
            <Table.Th scope="col">{text(`reports.by.${choice.by}`)}</Table.Th>
            {metrics.map((metric) => (
              <Table.Th key={metric} scope="col" ta="right">
                {text(`metric.${metric}`)}
              </Table.Th>
            ))}
            {isCompared && (
              <>
                <Table.Th scope="col" ta="right">
                  {text('metric.before', { metric: text(`metric.${first}`) })}
                </Table.Th>
                <Table.Th scope="col" ta="right">
                  {text('metric.change')}
                </Table.Th>
              </>
            )}
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {rows.map((row) => (
            <Table.Tr key={row.key}>
              <Table.Th scope="row" fw={400} style={{ overflowWrap: 'anywhere' }}>
                {label(choice.by, row)}
              </Table.Th>
              {metrics.map((metric, index) => (
                <Table.Td key={metric} {...NUMBER}>
                  {value(metric, row.values[index])}
                </Table.Td>
              ))}
              {isCompared && (
                <>
                  <Table.Td {...NUMBER}>{value(first, row.before)}</Table.Td>
                  <Table.Td {...NUMBER}>{change(changeOf(row))}</Table.Td>
                </>
              )}
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  );
}
