/** Signing in with a password, or with Google where the deployment has it. */
import { Alert, Button, Divider, PasswordInput, Text, TextInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import { useChange } from '../../api/change';
import { keep } from '../../api/session';
import { Errors } from '../../components/errors';
import { useTexts } from '../../texts';
import { LOGIN } from './queries';

export function Password({
  googleLoginUrl,
  hasRegistered,
  onSignedIn,
  onRegister,
}: {
  googleLoginUrl: string | null;
  /** Whether an account was made here just now. */
  hasRegistered: boolean;
  onSignedIn: () => void;
  onRegister?: () => void;
}) {
  const text = useTexts();
  const { isBusy, errors, change } = useChange();
  const form = useForm({ initialValues: { email: '', password: '' } });
  const submit = form.onSubmit(async ({ email, password }) => {
    const tokens = (await change(LOGIN, { input: { email, password, useCookie: true } }))?.login.tokens;
    if (!tokens) return;
    keep(tokens);
    onSignedIn();
  });
  return (
    <>
      {hasRegistered && (
        <Alert color="green" role="status" p="xs">
          {text('register.done')}
        </Alert>
      )}
      <form onSubmit={submit} style={{ display: 'contents' }}>
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
        <Errors errors={errors} />
        <Button type="submit" loading={isBusy}>
          {text('signIn.submit')}
        </Button>
      </form>
      {googleLoginUrl !== null && <Google address={googleLoginUrl} />}
      <Text size="sm" c="dimmed">
        {text('signIn.forgotten')}
      </Text>
      {onRegister && (
        <Button variant="subtle" onClick={onRegister}>
          {text('register.title')}
        </Button>
      )}
    </>
  );
}

/** Comes back to the screen that was asked for. */
function Google({ address }: { address: string }) {
  const text = useTexts();
  const { pathname, search } = window.location;
  return (
    <>
      <Divider label={text('signIn.or')} />
      <Button
        component="a"
        variant="default"
        href={`${address}?next=${encodeURIComponent(pathname + search)}`}
      >
        {text('signIn.google')}
      </Button>
    </>
  );
}
