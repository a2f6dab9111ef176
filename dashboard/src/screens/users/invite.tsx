/** Inviting somebody: an address and a role, and then the link to hand over. */
import { Button, Group, Stack, Text, TextInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import { useState } from 'react';
import { errorAt, useChange } from '../../api/change';
import { Dialog, DialogForm } from '../../components/dialog';
import { ShownOnce } from '../../components/once';
import { PEOPLE, RoleChoice } from '../../components/roles';
import type { Role } from '../../gql/graphql';
import { useTexts } from '../../texts';
import { INVITE } from './queries';

const FIELDS = ['email', 'name', 'role'];

interface Asked {
  onClose: () => void;
  onInvited: () => void;
}

export function InviteDialog({ isOpen, ...asked }: Asked & { isOpen: boolean }) {
  const text = useTexts();
  return (
    <Dialog title={text('users.invite')} isOpen={isOpen} onClose={asked.onClose}>
      <Invitation {...asked} />
    </Dialog>
  );
}

function Invitation({ onClose, onInvited }: Asked) {
  const text = useTexts();
  const [made, setMade] = useState<{ email: string; link: string } | null>(null);
  if (made === null)
    return (
      <InviteForm
        onClose={onClose}
        onMade={(email, link) => {
          setMade({ email, link });
          onInvited();
        }}
      />
    );
  return (
    <Stack>
      <Text role="status">{text('users.invited', { email: made.email })}</Text>
      <ShownOnce label={text('users.link')} value={made.link} note={text('users.link.note')} />
      <Group justify="flex-end">
        <Button variant="default" onClick={onClose}>
          {text('dialog.done')}
        </Button>
      </Group>
    </Stack>
  );
}

function InviteForm({
  onClose,
  onMade,
}: {
  onClose: () => void;
  onMade: (email: string, link: string) => void;
}) {
  const text = useTexts();
  const { isBusy, errors, change } = useChange();
  const form = useForm<{ email: string; name: string; role: Role }>({
    initialValues: { email: '', name: '', role: 'MARKETER' },
  });
  const submit = form.onSubmit(async ({ email, name, role }) => {
    const done = await change(INVITE, { input: { email, name: name.trim() || null, role } });
    const { user, inviteUrl } = done?.userCreate ?? {};
    if (user && inviteUrl) onMade(user.email, inviteUrl);
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
