/** A person's rights: a file of all that is held of them, and their erasure. */
import { Alert, Button, Group, Stack, Text } from '@mantine/core';
import { useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { useChange } from '../../api/change';
import { ConfirmedButton } from '../../components/confirm';
import { Errors } from '../../components/errors';
import { ButtonLink } from '../../components/link';
import { Panel } from '../../components/panel';
import { useMay } from '../../components/permissions';
import { useTexts } from '../../texts';
import { ERASE, EXPORT_PERSON } from './changes';

export function Person({ id, name }: { id: string; name: string }) {
  const text = useTexts();
  const navigate = useNavigate();
  const mayExport = useMay('EXPORTS_WRITE');
  const mayErase = useMay('CUSTOMERS_WRITE');
  const { isBusy, errors, change } = useChange();
  const [isExporting, setExporting] = useState(false);
  if (!mayExport && !mayErase) return null;
  const exportAll = async () => {
    if (await change(EXPORT_PERSON, { id, format: 'NDJSON' })) setExporting(true);
  };
  const erase = async () => {
    if (await change(ERASE, { id })) await navigate({ to: '/customers' });
  };
  return (
    <Panel title={text('person.title')}>
      <Stack gap="sm">
        <Text size="sm" c="dimmed">
          {text('person.text')}
        </Text>
        <Group gap="xs">
          {mayExport && (
            <Button variant="default" loading={isBusy} onClick={() => void exportAll()}>
              {text('person.export')}
            </Button>
          )}
          {mayErase && (
            <ConfirmedButton
              label={text('person.erase')}
              question={text('person.erase.sure', { name })}
              color="red"
              isBusy={isBusy}
              onConfirm={() => void erase()}
            />
          )}
        </Group>
        {isExporting && (
          <Alert color="blue" role="status" p="xs">
            <Group justify="space-between" gap="xs">
              {text('selection.exporting')}
              <ButtonLink to="/downloads" size="xs" variant="default">
                {text('exports.title')}
              </ButtonLink>
            </Group>
          </Alert>
        )}
        <Errors errors={errors} />
      </Stack>
    </Panel>
  );
}
