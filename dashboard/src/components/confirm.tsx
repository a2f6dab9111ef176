/** A button that asks before it does what cannot be taken back. */
import { Button, Group, Modal, Text, type ButtonProps } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { useTexts } from '../texts';

export function ConfirmedButton({
  label,
  subject,
  size,
  question,
  color,
  isBusy,
  onConfirm,
}: {
  label: string;
  /** What it is done to, for who hears the button without what stands around it. */
  subject?: string;
  size?: ButtonProps['size'];
  question: string;
  color: string;
  isBusy: boolean;
  onConfirm: () => void;
}) {
  const text = useTexts();
  const [isOpen, { open, close }] = useDisclosure();
  return (
    <>
      <Button
        variant="default"
        loading={isBusy}
        onClick={open}
        {...(size && { size })}
        {...(subject && { 'aria-label': `${label}: ${subject}` })}
      >
        {label}
      </Button>
      <Modal
        opened={isOpen}
        onClose={close}
        title={label}
        closeButtonProps={{ 'aria-label': text('confirm.close') }}
      >
        <Text>{question}</Text>
        <Group justify="flex-end" mt="lg">
          <Button variant="default" data-autofocus onClick={close}>
            {text('confirm.no')}
          </Button>
          <Button
            color={color}
            onClick={() => {
              // Pressed twice it is there still, while it fades.
              if (!isOpen) return;
              close();
              onConfirm();
            }}
          >
            {label}
          </Button>
        </Group>
      </Modal>
    </>
  );
}
