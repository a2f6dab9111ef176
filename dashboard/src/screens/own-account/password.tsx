/** Changing one's own password; other devices are signed out by it. */
import { Button, Group, PasswordInput, Stack, TextInput } from '@mantine/core';
import { useForm } from '@mantine/form';
import { useAgain } from '../../api/again';
import { errorAt, useChange } from '../../api/change';
import { Errors } from '../../components/errors';
import { Panel } from '../../components/panel';
import { useSaid } from '../../components/said';
import { useTexts } from '../../texts';
import { CHANGE_PASSWORD, OWN_ACCOUNT } from './queries';

const FIELDS = ['currentPassword', 'newPassword'];

export function Password({ email }: { email: string }) {
  const text = useTexts();
  const refetch = useAgain();
  const { isBusy, errors, change } = useChange();
  const { said, say } = useSaid();
  const form = useForm({ initialValues: { currentPassword: '', newPassword: '' } });
  const submit = form.onSubmit(async (input) => {
    say('');
    if (!(await change(CHANGE_PASSWORD, { input }))) return;
    form.reset();
    say(text('password.changed'));
    await refetch(OWN_ACCOUNT, {});
  });
  return (
    <Panel title={text('password.title')}>
      <form onSubmit={submit}>
        <Stack>
          {/* Password managers keep the new one under this name. */}
          <TextInput
            type="email"
            autoComplete="username"
            value={email}
            readOnly
            display="none"
            aria-label={text('signIn.email')}
          />
          <PasswordInput
            required
            autoComplete="current-password"
            label={text('password.current')}
            visibilityToggleButtonProps={{ 'aria-label': text('password.current.show') }}
            {...form.getInputProps('currentPassword')}
            error={errorAt(errors, 'currentPassword')}
          />
          <PasswordInput
            required
            autoComplete="new-password"
            label={text('password.new')}
            description={text('password.rule')}
            visibilityToggleButtonProps={{ 'aria-label': text('password.new.show') }}
            {...form.getInputProps('newPassword')}
            error={errorAt(errors, 'newPassword')}
          />
          <Errors errors={errors} except={FIELDS} />
          <Group>
            <Button type="submit" loading={isBusy}>
              {text('password.submit')}
            </Button>
            {said}
          </Group>
        </Stack>
      </form>
    </Panel>
  );
}
