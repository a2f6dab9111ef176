/** A dialog of a change to many customers: whom it is about, the form, what was refused. */
import { Button, Group, Modal, Stack, Text } from '@mantine/core';
import type { SyntheticEvent, ReactNode } from 'react';
import type { UserError } from '../../api/change';
import { Errors } from '../../components/errors';
import { useTexts } from '../../texts';

export function Dialog({
  title,
  submit,
  count,
  isBusy,
  isReady,
  errors,
  onClose,
  onSubmit,
  children,
}: {
  title: string;
  submit: string;
  count: number | null;
  isBusy: boolean;
  isReady: boolean;
  errors: readonly UserError[];
  onClose: () => void;
  onSubmit: () => void;
  children: ReactNode;
}) {
  const text = useTexts();
  return (
    <Modal opened onClose={onClose} title={title} closeButtonProps={{ 'aria-label': text('confirm.close') }}>
      <form
        noValidate
        onSubmit={(event: SyntheticEvent) => {
          event.preventDefault();
          if (isReady) onSubmit();
        }}
      >
        <Stack>
          <Text size="sm" c="dimmed">
            {count === null ? text('selection.about.all') : text('selection.about', { count })}
          </Text>
          {children}
          <Errors errors={errors} />
          <Group justify="flex-end">
            <Button variant="default" onClick={onClose}>
              {text('confirm.no')}
            </Button>
            <Button type="submit" loading={isBusy} disabled={!isReady}>
              {submit}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}
