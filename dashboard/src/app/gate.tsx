/** Who is not signed in sees the sign-in page, at whatever address. */
import { useEffect, useMemo, useState, type ReactNode } from 'react';
import { Provider } from 'urql';
import { makeClient, makeStrangersClient } from '../api/client';
import { accessToken } from '../api/session';
import { SignIn } from '../screens/sign-in/page';

export function Gate({ children }: { children: ReactNode }) {
  const [isSignedIn, setSignedIn] = useState<boolean | null>(null);
  useEffect(() => {
    accessToken().then(
      (token) => {
        setSignedIn(token !== null);
      },
      () => {
        setSignedIn(false);
      },
    );
  }, []);
  // One for each who signs in: nobody sees what another's cache holds.
  const client = useMemo(() => (isSignedIn ? makeClient() : makeStrangersClient()), [isSignedIn]);
  if (isSignedIn === null) return null;
  return (
    <Provider value={client}>
      {isSignedIn ? (
        children
      ) : (
        <SignIn
          onSignedIn={() => {
            setSignedIn(true);
          }}
        />
      )}
    </Provider>
  );
}
