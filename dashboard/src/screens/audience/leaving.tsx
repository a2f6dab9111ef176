/** A question before changes that are not saved are left behind. */
import { Button, Group, Modal, Text } from '@mantine/core';
import { useBlocker } from '@tanstack/react-router';
import type { RefObject } from 'react';
import { useTexts } from '../../texts';

export function LeaveGuard({
  isChanged,
  isLeaving,
}: {
  isChanged: boolean;
  /** Set while the page itself goes on after it saved. */
  isLeaving: RefObject<boolean>;
}) {
  const text = useTexts();
  const { status, proceed, reset } = useBlocker({
    shouldBlockFn: ({ current, next }) =>
      isChanged && !isLeaving.current && current.pathname !== next.pathname,
    enableBeforeUnload: () => isChanged && !isLeaving.current,
    withResolver: true,
  });
  return (
    <Modal
      opened={status === 'blocked'}
      onClose={() => reset?.()}
      title={text('audience.leave')}
      closeButtonProps={{ 'aria-label': text('confirm.close') }}
    >
      <Text>{text('audience.leave.sure')}</Text>
      <Group justify="flex-end" mt="lg">
        <Button variant="default" data-autofocus onClick={() => reset?.()}>
          {text('audience.leave.stay')}
        </Button>
        <Button color="red" onClick={() => proceed?.()}>
          {text('audience.leave.go')}
        </Button>
      </Group>
    </Modal>
  );
}
