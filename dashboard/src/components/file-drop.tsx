/** Where files are dropped, or chosen with a button. Only screens that are loaded late may use it. */
import '@mantine/dropzone/styles.css';
import { Button, Stack, Text } from '@mantine/core';
import { Dropzone } from '@mantine/dropzone';
import { useRef } from 'react';

export function FileDrop({
  title,
  hint,
  button,
  isMultiple = false,
  isDisabled = false,
  onFiles,
}: {
  title: string;
  hint?: string | undefined;
  button: string;
  isMultiple?: boolean;
  isDisabled?: boolean;
  onFiles: (files: File[]) => void;
}) {
  const open = useRef<() => void>(null);
  return (
    <Dropzone
      openRef={open}
      multiple={isMultiple}
      disabled={isDisabled}
      activateOnClick={false}
      activateOnKeyboard={false}
      enablePointerEvents
      inputProps={{ 'aria-label': title }}
      py={hint ? 'xl' : 'xs'}
      // Its words change with the scheme at once: so must what they stand on.
      style={{ transition: 'none' }}
      onDrop={(files) => {
        onFiles(files);
      }}
    >
      <Stack align="center" gap="xs">
        <Text fw={600} ta="center" style={{ overflowWrap: 'anywhere' }}>
          {title}
        </Text>
        {hint && (
          <Text size="sm" c="dimmed" ta="center">
            {hint}
          </Text>
        )}
        <Button disabled={isDisabled} onClick={() => open.current?.()}>
          {button}
        </Button>
      </Stack>
    </Dropzone>
  );
}
