/** What who is not signed in sees at every address; on a fresh deployment the first user is made here. */
import { Center, Group, Paper, Skeleton, Stack, Text, Title } from '@mantine/core';
import { useDocumentTitle } from '@mantine/hooks';
import { useState } from 'react';
import { useQuery } from 'urql';
import { useTexts } from '../../texts';
import { Choices } from './choices';
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
  useDocumentTitle(`${title} · ${text('app.name')}`);
  return (
    <Center component="main" mih="100dvh" p="md">
      <Stack w={400} maw="100%">
        <Group justify="space-between" wrap="nowrap">
          <Text fw={700} fz="lg">
            {text('app.name')}
          </Text>
          <Choices />
        </Group>
        <Paper withBorder p={{ base: 'md', xs: 'xl' }} mih={360} aria-busy={fetching}>
          <Stack>
            <Title order={1} size="h3">
              {title}
            </Title>
            {fetching && <Skeleton height={240} />}
            {!fetching && (needsSetup || isNew) && (
              <Register
                isFirst={needsSetup}
                onSignedIn={onSignedIn}
                onBack={(isRegistered) => {
                  setNew(false);
                  setRegistered(isRegistered);
                }}
              />
            )}
            {!fetching && !needsSetup && !isNew && (
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
          </Stack>
        </Paper>
      </Stack>
    </Center>
  );
}
