/** Making a key: who uses it, what it may do and how long; its secret is shown once. */
import { Select, TextInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import { errorAt, useChange } from '../../api/change';
import { DialogForm } from '../../components/dialog';
import { MakingDialog, type Made } from '../../components/making';
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

export function CreateDialog({
  isOpen,
  onClose,
  onCreated,
}: {
  isOpen: boolean;
  onClose: () => void;
  onCreated: () => void;
}) {
  const text = useTexts();
  return (
    <MakingDialog
      title={text('keys.create')}
      isOpen={isOpen}
      onClose={onClose}
      onMade={onCreated}
      form={(done) => <CreateForm onClose={onClose} onMade={done} />}
    />
  );
}

function CreateForm({ onClose, onMade }: { onClose: () => void; onMade: (made: Made) => void }) {
  const text = useTexts();
  const { isBusy, errors, change } = useChange();
  const form = useForm<{ name: string; role: Role; life: string }>({
    initialValues: { name: '', role: 'INGESTOR', life: '365' },
  });
  const submit = form.onSubmit(async ({ name, role, life }) => {
    const input = { name, role, expiresAt: endOf(life) };
    const secret = (await change(CREATE, { input }))?.apiKeyCreate.secret;
    if (!secret) return;
    const [said, label, note] = [text('keys.created'), text('keys.secret'), text('keys.secret.note')];
    onMade({ said, label, secret, note });
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
