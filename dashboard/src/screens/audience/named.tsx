/** What an audience is called and what it is for. */
import { Card, Stack, Textarea, TextInput } from '@mantine/core';
import { errorAt, type UserError } from '../../api/change';
import { useMay } from '../../components/permissions';
import { useTexts } from '../../texts';
import type { Draft } from './editing';

export function Named({
  draft,
  errors,
  onEdit,
}: {
  draft: Draft;
  errors: readonly UserError[];
  onEdit: (change: Partial<Draft>) => void;
}) {
  const text = useTexts();
  const isFixed = !useMay('AUDIENCES_WRITE');
  return (
    <Card withBorder padding="md">
      <Stack gap="sm">
        <TextInput
          label={text('audience.name')}
          maxLength={200}
          readOnly={isFixed}
          error={errorAt(errors, 'name')}
          value={draft.name}
          onChange={(event) => {
            onEdit({ name: event.currentTarget.value });
          }}
        />
        <Textarea
          label={text('audience.description')}
          autosize
          minRows={1}
          maxRows={5}
          maxLength={2_000}
          readOnly={isFixed}
          error={errorAt(errors, 'description')}
          value={draft.description}
          onChange={(event) => {
            onEdit({ description: event.currentTarget.value });
          }}
        />
      </Stack>
    </Card>
  );
}
