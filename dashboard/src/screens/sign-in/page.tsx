/** Signing in with a password, or with Google where the deployment has it. */
import { Alert, Button, Center, Paper, PasswordInput, Stack, TextInput, Title } from '@mantine/core';
import { useForm } from '@mantine/form';
import { useState } from 'react';
import { signIn, UserErrors } from '../../api/session';
import { useTexts } from '../../texts';

export function SignIn({ onSignedIn }: { onSignedIn: () => void }) {
  const text = useTexts();
  const [problem, setProblem] = useState<string | null>(null);
  const [isBusy, setBusy] = useState(false);
  const form = useForm({ initialValues: { email: '', password: '' } });
  const submit = form.onSubmit(async ({ email, password }) => {
    setBusy(true);
    setProblem(null);
    try {
      await signIn(email, password);
      onSignedIn();
    } catch (error) {
      setProblem(error instanceof UserErrors ? error.message : text('error.network'));
    } finally {
      setBusy(false);
    }
  });
  return (
    <Center component="main" mih="100vh" p="md">
      <Paper withBorder p="xl" w={360} maw="100%">
        <form onSubmit={submit}>
          <Stack>
            <Title order={1} size="h3">
              {text('signIn.title')}
            </Title>
            <div role="alert">{problem && <Alert color="red">{problem}</Alert>}</div>
            <TextInput
              type="email"
              autoComplete="username"
              required
              label={text('signIn.email')}
              {...form.getInputProps('email')}
            />
            <PasswordInput
              autoComplete="current-password"
              required
              label={text('signIn.password')}
              visibilityToggleButtonProps={{ 'aria-label': text('signIn.show') }}
              {...form.getInputProps('password')}
            />
            <Button type="submit" loading={isBusy}>
              {text('signIn.submit')}
            </Button>
          </Stack>
        </form>
      </Paper>
    </Center>
  );
}
