/** A form in a window over the screen: what the server says against it, and its buttons. */
import { Button, Group, Modal, Stack } from '@mantine/core';
import type { ReactNode, SubmitEvent } from 'react';
import type { UserError } from '../api/change';
import { useTexts } from '../texts';
import { Errors } from './errors';

/** What stands in it begins anew each time that it opens. */
export function Dialog({
  title,
  isOpen,
  staysOpen = false,
  onClose,
  children,
}: {
  title: string;
  isOpen: boolean;
  /** A click beside it does not close it. */
  staysOpen?: boolean;
  onClose: () => void;
  children: ReactNode;
}) {
  const text = useTexts();
  return (
    <Modal
      opened={isOpen}
      onClose={onClose}
      title={title}
      closeOnClickOutside={!staysOpen}
      closeButtonProps={{ 'aria-label': text('confirm.close') }}
    >
      {children}
    </Modal>
  );
}

export function DialogForm({
  submit,
  isBusy,
  errors,
  except,
  onSubmit,
  onClose,
  children,
}: {
  submit: string;
  isBusy: boolean;
  errors: readonly UserError[];
  /** Paths that a field shows by itself. */
  except: readonly string[];
  onSubmit: (event: SubmitEvent<HTMLFormElement>) => void;
  onClose: () => void;
  children: ReactNode;
}) {
  const text = useTexts();
  return (
    <form onSubmit={onSubmit}>
      <Stack>
        {children}
        <Errors errors={errors} except={except} />
        <Group justify="flex-end">
          <Button variant="default" onClick={onClose}>
            {text('confirm.no')}
          </Button>
          <Button type="submit" loading={isBusy}>
            {submit}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
