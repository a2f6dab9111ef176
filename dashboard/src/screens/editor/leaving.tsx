/** The question before what is not saved is left behind, also by closing the page. */
import { Button, Group, Modal, Text } from '@mantine/core';
import { useBlocker } from '@tanstack/react-router';
import { useTexts } from '../../texts';

export function Leaving({ isDirty }: { isDirty: () => boolean }) {
  const text = useTexts();
  const { status, proceed, reset } = useBlocker({
    shouldBlockFn: isDirty,
    enableBeforeUnload: isDirty,
    withResolver: true,
  });
  return (
    <Modal
      opened={status === 'blocked'}
      onClose={() => reset?.()}
      title={text('leave.title')}
      closeButtonProps={{ 'aria-label': text('confirm.close') }}
    >
      <Text>{text('leave.what')}</Text>
      <Group justify="flex-end" mt="lg">
        <Button variant="default" data-autofocus onClick={() => reset?.()}>
          {text('leave.stay')}
        </Button>
        <Button color="red" onClick={() => proceed?.()}>
          {text('leave.go')}
        </Button>
      </Group>
    </Modal>
  );
}
