/** A secret that is shown once: to be copied now, with the word that it will not come again. */
import { Alert, Button, CopyButton, Group, Stack, TextInput, VisuallyHidden } from '@mantine/core';
import { useTexts } from '../texts';

export function ShownOnce({ label, value, note }: { label: string; value: string; note: string }) {
  const text = useTexts();
  return (
    <Stack gap="xs">
      <Alert color="orange" p="xs">
        {note}
      </Alert>
      <Group align="flex-end" gap="xs" wrap="nowrap">
        <TextInput
          label={label}
          value={value}
          readOnly
          data-autofocus
          flex={1}
          styles={{ input: { fontFamily: 'var(--mantine-font-family-monospace)' } }}
          onFocus={(event) => {
            event.currentTarget.select();
          }}
        />
        <CopyButton value={value} timeout={3_000}>
          {({ copied, copy }) => (
            <>
              <Button color={copied ? 'green' : 'indigo'} onClick={copy} style={{ flexShrink: 0 }}>
                {text(copied ? 'once.copied' : 'once.copy')}
              </Button>
              <VisuallyHidden role="status">{copied && text('once.copied')}</VisuallyHidden>
            </>
          )}
        </CopyButton>
      </Group>
    </Stack>
  );
}
