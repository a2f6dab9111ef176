/** That the session has ended, and two ways back: here, or in another tab where something was written here. */
import { Alert, Anchor, Button, Group } from '@mantine/core';
import { useDocumentVisibility } from '@mantine/hooks';
import { IconLogin2 } from '@tabler/icons-react';
import { useEffect } from 'react';
import { accessToken } from '../api/session';
import { useTexts } from '../texts';

export function SignedOut() {
  const text = useTexts();
  const isSeen = useDocumentVisibility() === 'visible';
  // Who comes back may have signed in in another tab.
  useEffect(() => {
    if (isSeen) accessToken().catch(() => undefined);
  }, [isSeen]);
  return (
    <Alert color="orange" mb="md" icon={<IconLogin2 aria-hidden />}>
      <Group justify="space-between" gap="xs">
        {text('session.over')}
        <Group gap="xs">
          <Anchor href="/" target="_blank" rel="noopener" c="inherit" size="sm" underline="always">
            {text('session.elsewhere')}
          </Anchor>
          <Button
            size="xs"
            variant="default"
            onClick={() => {
              window.location.reload();
            }}
          >
            {text('session.again')}
          </Button>
        </Group>
      </Group>
    </Alert>
  );
}
