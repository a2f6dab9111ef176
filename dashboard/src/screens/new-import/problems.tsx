/** What keeps the file out, what is asked, and what is wrong with its first rows, before anything is written. */
import { Alert, List, ScrollArea, Table, Text } from '@mantine/core';
import { FormattedNumber } from 'react-intl';
import { Panel } from '../../components/panel';
import { useTexts } from '../../texts';
import type { Preview } from './preview';

export function Verdict({ preview }: { preview: Preview }) {
  const text = useTexts();
  const { refusal, questions, notes } = preview;
  return (
    <>
      {questions.length > 0 && (
        <Alert color="orange" title={text('newImport.questions')} role="alert">
          <Sentences sentences={questions} />
        </Alert>
      )}
      {refusal && questions.length === 0 && (
        <Alert color="red" title={text('newImport.refusal')} role="alert">
          <Text size="sm" style={{ overflowWrap: 'anywhere' }}>
            {refusal}
          </Text>
        </Alert>
      )}
      {notes.length > 0 && (
        <Alert color="blue" title={text('newImport.notes')}>
          <Sentences sentences={notes} />
        </Alert>
      )}
    </>
  );
}

function Sentences({ sentences }: { sentences: readonly string[] }) {
  return (
    <List size="sm" style={{ overflowWrap: 'anywhere' }}>
      {sentences.map((sentence) => (
        <List.Item key={sentence}>{sentence}</List.Item>
      ))}
    </List>
  );
}

export function RowProblems({ preview }: { preview: Preview }) {
  const text = useTexts();
  const { rowErrors } = preview;
  if (rowErrors.length === 0) return null;
  return (
    <Panel title={text('newImport.problems', { count: rowErrors.length })}>
      <Text size="sm" c="dimmed" mb="xs">
        {text('newImport.problems.hint')}
      </Text>
      <ScrollArea.Autosize mah={320} type="auto" viewportProps={{ tabIndex: 0 }}>
        <Table verticalSpacing={6} layout="fixed">
          <Table.Thead>
            <Table.Tr>
              <Table.Th w={72} ta="right">
                {text('import.line')}
              </Table.Th>
              <Table.Th w={150} visibleFrom="sm">
                {text('import.column')}
              </Table.Th>
              <Table.Th>{text('import.fault')}</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {rowErrors.map((error) => (
              <Table.Tr key={`${error.row} ${error.message}`}>
                <Table.Td ta="right" style={{ fontVariantNumeric: 'tabular-nums' }}>
                  <FormattedNumber value={error.line ?? error.row + 1} />
                </Table.Td>
                <Table.Td visibleFrom="sm" style={{ overflowWrap: 'anywhere' }}>
                  {error.column ?? error.field ?? '–'}
                </Table.Td>
                <Table.Td style={{ overflowWrap: 'anywhere' }}>{error.message}</Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </ScrollArea.Autosize>
    </Panel>
  );
}
