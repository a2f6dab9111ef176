/** Making what has a secret: a form in a window, and then the secret, which is shown once. */
import { Button, Group, Stack, Text } from '@mantine/core';
import { useState, type ReactNode } from 'react';
import { useTexts } from '../texts';
import { Dialog } from './dialog';
import { ShownOnce } from './once';

/** What was made: what is said of it, and its secret. */
export interface Made {
  said: string;
  label: string;
  secret: string;
  note: string;
}

export function MakingDialog({
  title,
  isOpen,
  onClose,
  onMade,
  form,
}: {
  title: string;
  isOpen: boolean;
  onClose: () => void;
  onMade: () => void;
  /** The form, which calls `done` with what it made. */
  form: (done: (made: Made) => void) => ReactNode;
}) {
  const [isMade, setMade] = useState(false);
  const end = () => {
    setMade(false);
    onClose();
  };
  return (
    // The second click of two finds a smaller window under it: the secret must not go with it.
    <Dialog title={title} isOpen={isOpen} staysOpen={isMade} onClose={end}>
      <Making
        onClose={end}
        onMade={() => {
          setMade(true);
          onMade();
        }}
        form={form}
      />
    </Dialog>
  );
}

function Making({
  onClose,
  onMade,
  form,
}: {
  onClose: () => void;
  onMade: () => void;
  form: (done: (made: Made) => void) => ReactNode;
}) {
  const text = useTexts();
  const [made, setMade] = useState<Made | null>(null);
  if (made === null)
    return form((done) => {
      setMade(done);
      onMade();
    });
  return (
    <Stack>
      <Text role="status">{made.said}</Text>
      <ShownOnce label={made.label} value={made.secret} note={made.note} />
      <Group justify="flex-end">
        <Button variant="default" onClick={onClose}>
          {text('dialog.done')}
        </Button>
      </Group>
    </Stack>
  );
}
