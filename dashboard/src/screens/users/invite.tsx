/** Inviting somebody: an address and a role, and then the link to hand over. */
import { TextInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import { errorAt, useChange } from '../../api/change';
import { DialogForm } from '../../components/dialog';
import { MakingDialog, type Made } from '../../components/making';
import { PEOPLE, RoleChoice } from '../../components/roles';
import type { Role } from '../../gql/graphql';
import { useTexts } from '../../texts';
import { INVITE } from './queries';

const FIELDS = ['email', 'name', 'role'];

export function InviteDialog({
  isOpen,
  onClose,
  onInvited,
}: {
  isOpen: boolean;
  onClose: () => void;
  onInvited: () => void;
}) {
  const text = useTexts();
  return (
    <MakingDialog
      title={text('users.invite')}
      isOpen={isOpen}
      onClose={onClose}
      onMade={onInvited}
      form={(done) => <InviteForm onClose={onClose} onMade={done} />}
    />
  );
}

function InviteForm({ onClose, onMade }: { onClose: () => void; onMade: (made: Made) => void }) {
  const text = useTexts();
  const { isBusy, errors, change } = useChange();
  const form = useForm<{ email: string; name: string; role: Role }>({
    initialValues: { email: '', name: '', role: 'MARKETER' },
  });
  const submit = form.onSubmit(async ({ email, name, role }) => {
    const done = await change(INVITE, { input: { email, name: name.trim() || null, role } });
    const { user, inviteUrl } = done?.userCreate ?? {};
    if (!user || !inviteUrl) return;
    const said = text('users.invited', { email: user.email });
    onMade({ said, label: text('users.link'), secret: inviteUrl, note: text('users.link.note') });
  });
  return (
    <DialogForm
      submit={text('users.invite')}
      isBusy={isBusy}
      errors={errors}
      except={FIELDS}
      onSubmit={submit}
      onClose={onClose}
    >
      <TextInput
        data-autofocus
        required
        type="email"
        autoComplete="off"
        label={text('signIn.email')}
        {...form.getInputProps('email')}
        error={errorAt(errors, 'email')}
      />
      <TextInput
        autoComplete="off"
        label={text('users.name')}
        {...form.getInputProps('name')}
        error={errorAt(errors, 'name')}
      />
      <RoleChoice
        roles={PEOPLE}
        value={form.values.role}
        error={errorAt(errors, 'role')}
        onChange={(role) => {
          form.setFieldValue('role', role);
        }}
      />
    </DialogForm>
  );
}
