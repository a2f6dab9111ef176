/** What who is not signed in sees at every address; on a fresh deployment the first user is made here. */
import { useState } from 'react';
import { useQuery } from 'urql';
import { useTexts } from '../../texts';
import { Door } from './door';
import { Password } from './password';
import { DOORS } from './queries';
import { Register } from './register';

export function SignIn({ onSignedIn }: { onSignedIn: () => void }) {
  const text = useTexts();
  const [{ data, fetching }] = useQuery({ query: DOORS });
  const [isNew, setNew] = useState(false);
  const [hasRegistered, setRegistered] = useState(false);
  const { needsSetup = false, registrationOpen = false, googleLoginUrl = null } = data?.serverInfo ?? {};
  const title = text(needsSetup ? 'setUp.title' : isNew ? 'register.title' : 'signIn.title');
  return (
    <Door title={title} isWaiting={fetching}>
      {needsSetup || isNew ? (
        <Register
          isFirst={needsSetup}
          onSignedIn={onSignedIn}
          onBack={(isRegistered) => {
            setNew(false);
            setRegistered(isRegistered);
          }}
        />
      ) : (
        <Password
          googleLoginUrl={googleLoginUrl}
          hasRegistered={hasRegistered}
          onSignedIn={onSignedIn}
          {...(registrationOpen && {
            onRegister: () => {
              setNew(true);
            },
          })}
        />
      )}
    </Door>
  );
}
