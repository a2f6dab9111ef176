/** Making a key: who uses it, what it may do and how long; its secret is shown once. */
import { Button, Group, Select, Stack, Text, TextInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import { useState } from 'react';
import { errorAt, useChange } from '../../api/change';
import { Dialog, DialogForm } from '../../components/dialog';
import { ShownOnce } from '../../components/once';
import { MACHINES, RoleChoice } from '../../components/roles';
import type { Role } from '../../gql/graphql';
import { useTexts } from '../../texts';
import { CREATE } from './queries';

const FIELDS = ['name', 'role', 'expiresAt'];
const DAY_MS = 86_400_000;
const LIVES = ['30', '90', '365', 'endless'] as const;

/** Null for a life that does not end by itself. */
function endOf(days: string): string | null {
  return days === 'endless' ? null : new Date(Date.now() + Number(days) * DAY_MS).toISOString();
}

interface Asked {
  onClose: () => void;
  onCreated: () => void;
}

export function CreateDialog({ isOpen, ...asked }: Asked & { isOpen: boolean }) {
  const text = useTexts();
  return (
    <Dialog title={text('keys.create')} isOpen={isOpen} onClose={asked.onClose}>
      <Creation {...asked} />
    </Dialog>
  );
}

function Creation({ onClose, onCreated }: Asked) {
  const text = useTexts();
  const [secret, setSecret] = useState<string | null>(null);
  if (secret === null)
    return (
      <CreateForm
        onClose={onClose}
        onMade={(made) => {
          setSecret(made);
          onCreated();
        }}
      />
    );
  return (
    <Stack>
      <Text role="status">{text('keys.created')}</Text>
      <ShownOnce label={text('keys.secret')} value={secret} note={text('keys.secret.note')} />
      <Group justify="flex-end">
        <Button variant="default" onClick={onClose}>
          {text('dialog.done')}
        </Button>
      </Group>
    </Stack>
  );
}

function CreateForm({ onClose, onMade }: { onClose: () => void; onMade: (secret: string) => void }) {
  const text = useTexts();
  const { isBusy, errors, change } = useChange();
  const form = useForm<{ name: string; role: Role; life: string }>({
    initialValues: { name: '', role: 'INGESTOR', life: '365' },
  });
  const submit = form.onSubmit(async ({ name, role, life }) => {
    const input = { name, role, expiresAt: endOf(life) };
    const secret = (await change(CREATE, { input }))?.apiKeyCreate.secret;
    if (secret) onMade(secret);
  });
  return (
    <DialogForm
      submit={text('keys.create')}
      isBusy={isBusy}
      errors={errors}
      except={FIELDS}
      onSubmit={submit}
      onClose={onClose}
    >
      <TextInput
        data-autofocus
        required
        autoComplete="off"
        label={text('keys.name')}
        description={text('keys.name.hint')}
        {...form.getInputProps('name')}
        error={errorAt(errors, 'name')}
      />
      <RoleChoice
        roles={MACHINES}
        value={form.values.role}
        error={errorAt(errors, 'role')}
        onChange={(role) => {
          form.setFieldValue('role', role);
        }}
      />
      <Select
        label={text('keys.life')}
        allowDeselect={false}
        data={LIVES.map((value) => ({
          value,
          label: value === 'endless' ? text('keys.endless') : text('keys.life.days', { days: Number(value) }),
        }))}
        {...form.getInputProps('life')}
        error={errorAt(errors, 'expiresAt')}
      />
    </DialogForm>
  );
}
