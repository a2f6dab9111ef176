/** What is done with those who are chosen, and how far it is. */
import { Alert, Button, Group, Paper, Stack, Text } from '@mantine/core';
import { useState } from 'react';
import { ButtonLink } from '../../components/link';
import { OperationBar, useOperation } from '../../components/operation';
import { useMay } from '../../components/permissions';
import type { CustomersTargetInput, OperationPartsFragment } from '../../gql/graphql';
import { useTexts } from '../../texts';
import { EditDialog } from './edit-dialog';
import { ExportDialog } from './export-dialog';
import { GroupDialog } from './group-dialog';
import { TagDialog } from './tag-dialog';

/** What came of the last thing that was done: it is shown until the next one. */
export type Outcome =
  | { kind: 'operation'; operation: OperationPartsFragment }
  | { kind: 'edited'; count: number }
  | { kind: 'exporting' };

export interface DialogProps {
  /** Null while it is not known whom the audience of the filters names. */
  target: CustomersTargetInput;
  count: number | null;
  onClose: () => void;
  onDone: (outcome: Outcome) => void;
}

type Dialog = 'tag' | 'group' | 'edit' | 'export';

interface Props {
  ids: readonly string[];
  isAll: boolean;
  /** How many match; null where that is not known. */
  matching: number | null;
  /** All that match; null where they cannot be named, because something is searched for. */
  everybody: CustomersTargetInput | null;
  onSelectAll: () => void;
  onClear: () => void;
  onDone: (outcome: Outcome) => void;
}

export function SelectionBar({ ids, isAll, matching, everybody, onSelectAll, onClear, onDone }: Props) {
  const text = useTexts();
  const [dialog, open] = useState<Dialog | null>(null);
  const mayWrite = useMay('CUSTOMERS_WRITE');
  const mayExport = useMay('EXPORTS_WRITE');
  const count = isAll ? matching : ids.length;
  const target: CustomersTargetInput = isAll && everybody ? everybody : { ids: [...ids] };
  const props: DialogProps = {
    target,
    count,
    onClose: () => {
      open(null);
    },
    onDone: (outcome) => {
      open(null);
      onDone(outcome);
    },
  };
  const button = (name: Dialog) => (
    <Button
      size="xs"
      variant="default"
      onClick={() => {
        open(name);
      }}
    >
      {text(`selection.${name}`)}
    </Button>
  );
  return (
    <Paper withBorder p="xs" role="group" aria-label={text('selection.title')}>
      <Group justify="space-between" gap="xs">
        <Group gap="xs">
          <Text size="sm" fw={600} role="status">
            {isAll
              ? text('selection.all', { count: matching ?? 0, isKnown: matching === null ? 'no' : 'yes' })
              : text('selection.some', { count: ids.length })}
          </Text>
          {!isAll && everybody && (matching === null || matching > ids.length) && (
            <Button size="compact-sm" variant="subtle" onClick={onSelectAll}>
              {matching === null
                ? text('selection.selectAll')
                : text('selection.selectAll.count', { count: matching })}
            </Button>
          )}
          <Button size="compact-sm" variant="subtle" onClick={onClear}>
            {text('selection.clear')}
          </Button>
        </Group>
        <Group gap="xs">
          {mayWrite && button('tag')}
          {mayWrite && button('group')}
          {mayWrite && !isAll && button('edit')}
          {mayExport && button('export')}
        </Group>
      </Group>
      {dialog === 'tag' && <TagDialog {...props} />}
      {dialog === 'group' && <GroupDialog {...props} />}
      {dialog === 'edit' && <EditDialog {...props} ids={ids} />}
      {dialog === 'export' && <ExportDialog {...props} />}
    </Paper>
  );
}

export function OutcomeShown({ outcome, onClose }: { outcome: Outcome; onClose: () => void }) {
  const text = useTexts();
  return (
    <Alert
      color="blue"
      variant="light"
      role="status"
      withCloseButton
      closeButtonLabel={text('confirm.close')}
      onClose={onClose}
    >
      {outcome.kind === 'operation' && <OperationShown first={outcome.operation} />}
      {outcome.kind === 'edited' && text('selection.edited', { count: outcome.count })}
      {outcome.kind === 'exporting' && (
        <Group justify="space-between">
          {text('selection.exporting')}
          <ButtonLink to="/downloads" size="xs" variant="default">
            {text('exports.title')}
          </ButtonLink>
        </Group>
      )}
    </Alert>
  );
}

function OperationShown({ first }: { first: OperationPartsFragment }) {
  const text = useTexts();
  const operation = useOperation(first);
  return (
    <Stack gap="xs">
      <Group justify="space-between">
        <Text size="sm">
          {text(`operation.kind.${operation.kind}`)} · {text(`operation.status.${operation.status}`)}
        </Text>
        <ButtonLink to="/bulk" size="xs" variant="default">
          {text('bulk.title')}
        </ButtonLink>
      </Group>
      <OperationBar operation={operation} />
      {operation.failureReason && <Text size="sm">{operation.failureReason}</Text>}
    </Stack>
  );
}
