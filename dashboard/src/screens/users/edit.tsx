/** Changing a user: name, role, whether they may come in; and a link for who forgot the password. */
import { Button, Divider, Stack, Switch, Text, TextInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import { useState } from 'react';
import { errorAt, useChange } from '../../api/change';
import { Dialog, DialogForm } from '../../components/dialog';
import { Errors } from '../../components/errors';
import { ShownOnce } from '../../components/once';
import { PEOPLE, RoleChoice } from '../../components/roles';
import { useTexts } from '../../texts';
import { RESET, UPDATE } from './queries';
import type { User } from './table';

const FIELDS = ['name', 'role'];

interface Asked {
  user: User;
  onClose: () => void;
  onSaved: () => void;
}

export function EditDialog({ isOpen, ...asked }: Asked & { isOpen: boolean }) {
  return (
    <Dialog title={asked.user.email} isOpen={isOpen} onClose={asked.onClose}>
      <Stack>
        <EditForm {...asked} />
        {asked.user.isActive && <PasswordLink id={asked.user.id} />}
      </Stack>
    </Dialog>
  );
}

function EditForm({ user, onClose, onSaved }: Asked) {
  const text = useTexts();
  const { isBusy, errors, change } = useChange();
  const form = useForm({
    initialValues: { name: user.name ?? '', role: user.role, isActive: user.isActive },
  });
  const submit = form.onSubmit(async ({ name, role, isActive }) => {
    const input = {
      id: user.id,
      ...(name !== (user.name ?? '') && { name: name.trim() || null }),
      // What stays is not said again: a colleague may have changed it meanwhile.
      ...(role !== user.role && { role }),
      ...(isActive !== user.isActive && { isActive }),
    };
    if (!(await change(UPDATE, { input }))) return;
    onClose();
    onSaved();
  });
  return (
    <DialogForm
      submit={text('dialog.save')}
      isBusy={isBusy}
      errors={errors}
      except={FIELDS}
      onSubmit={submit}
      onClose={onClose}
    >
      <TextInput
        data-autofocus
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
      <Switch
        label={text('users.active')}
        description={text('users.active.hint')}
        {...form.getInputProps('isActive', { type: 'checkbox' })}
      />
    </DialogForm>
  );
}

function PasswordLink({ id }: { id: string }) {
  const text = useTexts();
  const { isBusy, errors, change } = useChange();
  const [link, setLink] = useState<string | null>(null);
  const make = async () => {
    setLink((await change(RESET, { id }))?.userPasswordReset.resetUrl ?? null);
  };
  return (
    <>
      <Divider />
      <Text size="sm" c="dimmed">
        {text('users.reset.hint')}
      </Text>
      <Errors errors={errors} />
      {link === null ? (
        <Button variant="default" loading={isBusy} onClick={() => void make()}>
          {text('users.reset')}
        </Button>
      ) : (
        <ShownOnce label={text('users.link')} value={link} note={text('users.link.note')} />
      )}
    </>
  );
}
