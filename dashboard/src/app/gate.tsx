/** Who is not signed in sees the sign-in page, at whatever address but that of one-time links. */
import { lazy, Suspense, useEffect, useMemo, useState, type ReactNode } from 'react';
import { Provider } from 'urql';
import { makeClient, makeStrangersClient } from '../api/client';
import { accessToken } from '../api/session';
import { SignIn } from '../screens/sign-in/page';

const SetPassword = lazy(() => import('../screens/set-password/page'));
const SET_PASSWORD = '/set-password';

export function Gate({ children }: { children: ReactNode }) {
  // A link is for whom it was made, not for who is signed in.
  const isLink = window.location.pathname === SET_PASSWORD;
  return isLink ? <Open /> : <Guarded>{children}</Guarded>;
}

function Open() {
  const [client] = useState(makeStrangersClient);
  return (
    <Provider value={client}>
      <Suspense>
        <SetPassword />
      </Suspense>
    </Provider>
  );
}

function Guarded({ children }: { children: ReactNode }) {
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
