/** A file of those who are chosen. */
import { Radio, Stack, Text } from '@mantine/core';
import { useState } from 'react';
import { useChange } from '../../api/change';
import type { ExportFormat } from '../../gql/graphql';
import { useTexts } from '../../texts';
import { EXPORT } from './changes';
import { Dialog } from './dialog';
import type { DialogProps } from './selection';

const FORMATS: readonly ExportFormat[] = ['CSV', 'NDJSON'];

export function ExportDialog({ target, count, onClose, onDone }: DialogProps) {
  const text = useTexts();
  const { isBusy, errors, change } = useChange();
  const [format, setFormat] = useState<ExportFormat>('CSV');
  const submit = async () => {
    if (await change(EXPORT, { customers: target, format })) onDone({ kind: 'exporting' });
  };
  return (
    <Dialog
      title={text('selection.export')}
      submit={text('selection.export')}
      count={count}
      isBusy={isBusy}
      isReady
      errors={errors}
      onClose={onClose}
      onSubmit={() => void submit()}
    >
      <Radio.Group label={text('selection.export.format')} value={format} onChange={setFormat}>
        <Stack gap="xs" mt="xs">
          {FORMATS.map((value) => (
            <Radio key={value} value={value} label={text(`selection.export.${value}`)} />
          ))}
        </Stack>
      </Radio.Group>
      {target.ids?.length === 1 && <Text size="sm">{text('selection.export.person')}</Text>}
    </Dialog>
  );
}
