/** The new password; once it is set, its owner is signed in with it. */
import { Button, PasswordInput, Text } from '@mantine/core';
import { useForm } from '@mantine/form';
import { useState } from 'react';
import { errorAt, useChange } from '../../api/change';
import { forgetAccessToken } from '../../api/session';
import { Errors } from '../../components/errors';
import { useTexts } from '../../texts';
import { LOGIN } from '../sign-in/queries';
import { Outcome } from './outcome';
import { SET } from './queries';

export function Setting({ code }: { code: string }) {
  const text = useTexts();
  const { isBusy, errors, change } = useChange();
  const signIn = useChange();
  const [isSet, setSet] = useState(false);
  const form = useForm({ initialValues: { password: '' } });
  const submit = form.onSubmit(async ({ password }) => {
    const email = (await change(SET, { input: { code, password } }))?.passwordSet.user?.email;
    if (email === undefined) return;
    const login = { email, password, useCookie: true };
    if (!(await signIn.change(LOGIN, { input: login }))?.login.tokens) {
      setSet(true);
      return;
    }
    // The page is loaded anew: nothing stays of who was signed in here before.
    forgetAccessToken();
    window.location.replace('/');
  });
  if (isSet) return <Outcome of="setPassword.done" />;
  if (errorAt(errors, 'code') !== undefined) return <Outcome of="setPassword.refused" />;
  return (
    <>
      <Text size="sm">{text('setPassword.text')}</Text>
      <form onSubmit={submit} style={{ display: 'contents' }}>
        <PasswordInput
          required
          autoComplete="new-password"
          label={text('password.new')}
          description={text('password.rule')}
          visibilityToggleButtonProps={{ 'aria-label': text('password.new.show') }}
          {...form.getInputProps('password')}
          error={errorAt(errors, 'password')}
        />
        <Errors errors={errors} except={['password']} />
        <Button type="submit" loading={isBusy || signIn.isBusy}>
          {text('setPassword.submit')}
        </Button>
      </form>
    </>
  );
}
