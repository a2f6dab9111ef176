/** A name that something is kept under, asked for in a window. */
import { TextInput } from '@mantine/core';
import { useState } from 'react';
import { errorAt, type UserError } from '../api/change';
import { useTexts } from '../texts';
import { DialogForm } from './dialog';

export function NameForm({
  first,
  hint,
  isBusy,
  errors,
  onSave,
  onClose,
}: {
  first: string;
  hint?: string;
  isBusy: boolean;
  errors: readonly UserError[];
  onSave: (name: string) => void;
  onClose: () => void;
}) {
  const text = useTexts();
  const [name, setName] = useState(first);
  return (
    <DialogForm
      submit={text('dialog.save')}
      isBusy={isBusy}
      errors={errors}
      except={['name']}
      onSubmit={(event) => {
        event.preventDefault();
        onSave(name);
      }}
      onClose={onClose}
    >
      <TextInput
        data-autofocus
        required
        maxLength={200}
        label={text('dialog.name')}
        description={hint}
        error={errorAt(errors, 'name')}
        value={name}
        onChange={(event) => {
          setName(event.currentTarget.value);
        }}
      />
    </DialogForm>
  );
}
