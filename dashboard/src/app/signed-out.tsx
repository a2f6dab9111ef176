/** That the session has ended, and the way back that leaves what was written where it is. */
import { Alert, Anchor } from '@mantine/core';
import { useDocumentVisibility } from '@mantine/hooks';
import { useEffect } from 'react';
import { useIsEnded } from '../api/ended';
import { accessToken } from '../api/session';
import { useTexts } from '../texts';

export function SignedOut() {
  const text = useTexts();
  const isEnded = useIsEnded();
  const isSeen = useDocumentVisibility() === 'visible';
  // Who comes back may have signed in in another tab.
  useEffect(() => {
    if (isEnded && isSeen) accessToken().catch(() => undefined);
  }, [isEnded, isSeen]);
  return (
    <div role="status">
      {isEnded && (
        <Alert color="orange" mb="md">
          {text('session.ended')}{' '}
          <Anchor href="/" target="_blank" rel="noopener" c="inherit" underline="always">
            {text('session.signIn')}
          </Anchor>
        </Alert>
      )}
    </div>
  );
}
