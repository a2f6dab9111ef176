/** Making an account: the first one with the setup code, others where the deployment lets strangers in. */
import { Button, PasswordInput, Text, TextInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import { errorAt, useChange } from '../../api/change';
import { keep } from '../../api/session';
import { Errors } from '../../components/errors';
import { useTexts } from '../../texts';
import { REGISTER } from './queries';

const FIELDS = ['setupCode', 'name', 'email', 'password'];

export function Register({
  isFirst,
  onSignedIn,
  onBack,
}: {
  isFirst: boolean;
  onSignedIn: () => void;
  onBack: (isRegistered: boolean) => void;
}) {
  const text = useTexts();
  const { isBusy, errors, change } = useChange();
  const form = useForm({ initialValues: { setupCode: '', name: '', email: '', password: '' } });
  const submit = form.onSubmit(async ({ setupCode, name, email, password }) => {
    const input = { email, password, name, setupCode: isFirst ? setupCode : null, useCookie: true };
    const done = await change(REGISTER, { input });
    if (!done) return;
    const { tokens } = done.register;
    if (tokens) {
      keep(tokens);
      onSignedIn();
    } else onBack(true);
  });
  return (
    <>
      <Text size="sm">{text(isFirst ? 'setUp.text' : 'register.text')}</Text>
      <form onSubmit={submit} style={{ display: 'contents' }}>
        {isFirst && (
          <TextInput
            required
            autoComplete="off"
            spellCheck={false}
            label={text('setUp.code')}
            placeholder="XXXXX-XXXXX-XXXXX-XXXXX-XXXXX"
            {...form.getInputProps('setupCode')}
            error={errorAt(errors, 'setupCode')}
          />
        )}
        <TextInput
          autoComplete="name"
          label={text('register.name')}
          {...form.getInputProps('name')}
          error={errorAt(errors, 'name')}
        />
        <TextInput
          type="email"
          autoComplete="username"
          required
          label={text('signIn.email')}
          {...form.getInputProps('email')}
          error={errorAt(errors, 'email')}
        />
        <PasswordInput
          autoComplete="new-password"
          required
          label={text('signIn.password')}
          description={text('password.rule')}
          visibilityToggleButtonProps={{ 'aria-label': text('signIn.show') }}
          {...form.getInputProps('password')}
          error={errorAt(errors, 'password')}
        />
        <Errors errors={errors} except={FIELDS} />
        <Button type="submit" loading={isBusy}>
          {text(isFirst ? 'setUp.submit' : 'register.title')}
        </Button>
      </form>
      {!isFirst && (
        <Button
          variant="subtle"
          onClick={() => {
            onBack(false);
          }}
        >
          {text('confirm.no')}
        </Button>
      )}
    </>
  );
}
