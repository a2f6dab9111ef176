/** The settings as a form: who may not change them reads them in it. */
import {
  Button,
  Group,
  NumberInput,
  Select,
  SimpleGrid,
  Stack,
  Switch,
  Text,
  TextInput,
} from '@mantine/core';
import { useForm, type UseFormReturnType } from '@mantine/form';
import { useMemo } from 'react';
import { useIntl } from 'react-intl';
import { errorAt, useChange, type UserError } from '../../api/change';
import { Errors } from '../../components/errors';
import { Panel } from '../../components/panel';
import { useMay } from '../../components/permissions';
import { useSaid } from '../../components/said';
import { useTexts } from '../../texts';
import { countries, zones } from './places';
import { UPDATE } from './queries';
import { changesOf, valuesOf, type Settings, type Values } from './values';

type Form = UseFormReturnType<Values>;
interface Part {
  form: Form;
  errors: readonly UserError[];
}

const FIELDS = [
  ...['organisationName', 'timeZone', 'country', 'quietHours.from', 'quietHours.until'],
  ...['frequencyCapMessages', 'frequencyCapDays', 'senderName', 'replyTo'],
];

export function SettingsForm({ settings }: { settings: Settings }) {
  const text = useTexts();
  const { isBusy, errors, change } = useChange();
  const { said, say } = useSaid();
  const mayWrite = useMay('SETTINGS_WRITE');
  const before = useMemo(() => valuesOf(settings), [settings]);
  const form = useForm({ initialValues: before });
  const submit = form.onSubmit(async (values) => {
    say('');
    const done = await change(UPDATE, { input: changesOf(before, values) });
    const saved = done?.settingsUpdate.settings;
    if (!saved) return;
    form.setValues(valuesOf(saved));
    say(text('settings.saved'));
  });
  return (
    <form onSubmit={submit}>
      <fieldset disabled={!mayWrite} style={{ border: 0, padding: 0, margin: 0, minWidth: 0 }}>
        <Stack>
          <Organisation form={form} errors={errors} />
          <Sender form={form} errors={errors} />
          <SimpleGrid cols={{ base: 1, md: 2 }}>
            <Quiet form={form} errors={errors} />
            <Cap form={form} errors={errors} />
          </SimpleGrid>
          <Errors errors={errors} except={FIELDS} />
        </Stack>
      </fieldset>
      {mayWrite ? (
        <Group mt="md">
          <Button type="submit" loading={isBusy}>
            {text('settings.save')}
          </Button>
          {said}
        </Group>
      ) : (
        <Text size="sm" c="dimmed" mt="md">
          {text('settings.readOnly')}
        </Text>
      )}
    </form>
  );
}

function Organisation({ form, errors }: Part) {
  const text = useTexts();
  const { locale } = useIntl();
  const { timeZone, country } = form.getInitialValues();
  const places = useMemo(() => countries(locale, country), [locale, country]);
  const clocks = useMemo(() => zones(timeZone), [timeZone]);
  return (
    <Panel title={text('settings.organisation')}>
      <Stack maw={560}>
        <TextInput
          label={text('settings.name')}
          description={text('settings.name.hint')}
          autoComplete="organization"
          {...form.getInputProps('organisationName')}
          error={errorAt(errors, 'organisationName')}
        />
        <Select
          label={text('settings.timeZone')}
          description={text('settings.timeZone.hint')}
          searchable
          allowDeselect={false}
          limit={100}
          nothingFoundMessage={text('settings.none')}
          data={clocks}
          {...form.getInputProps('timeZone')}
          error={errorAt(errors, 'timeZone')}
        />
        <Select
          label={text('settings.country')}
          description={text('settings.country.hint')}
          searchable
          clearable
          clearButtonProps={{ 'aria-label': text('settings.country.none') }}
          placeholder={text('settings.country.none')}
          nothingFoundMessage={text('settings.none')}
          data={places}
          {...form.getInputProps('country')}
          error={errorAt(errors, 'country')}
        />
      </Stack>
    </Panel>
  );
}

function Sender({ form, errors }: Part) {
  const text = useTexts();
  return (
    <Panel title={text('settings.sender')}>
      <Stack maw={560}>
        <TextInput
          label={text('settings.sender.name')}
          description={text('settings.sender.name.hint')}
          autoComplete="off"
          {...form.getInputProps('senderName')}
          error={errorAt(errors, 'senderName')}
        />
        <TextInput
          // No type of its own: browsers would refuse what the server takes, in words of their own.
          inputMode="email"
          label={text('settings.sender.replyTo')}
          description={text('settings.sender.replyTo.hint')}
          autoComplete="off"
          {...form.getInputProps('replyTo')}
          error={errorAt(errors, 'replyTo')}
        />
        <Text size="sm" c="dimmed">
          {text('settings.sender.text')}
        </Text>
      </Stack>
    </Panel>
  );
}

function Quiet({ form, errors }: Part) {
  const text = useTexts();
  return (
    <Panel title={text('settings.quiet')}>
      <Stack>
        <Switch
          label={text('settings.quiet.on')}
          description={text('settings.quiet.hint')}
          {...form.getInputProps('isQuiet', { type: 'checkbox' })}
        />
        {form.values.isQuiet && (
          <Group align="flex-start" grow>
            <TextInput
              type="time"
              required
              label={text('settings.quiet.from')}
              {...form.getInputProps('from')}
              error={errorAt(errors, 'quietHours.from')}
            />
            <TextInput
              type="time"
              required
              label={text('settings.quiet.until')}
              {...form.getInputProps('until')}
              error={errorAt(errors, 'quietHours.until')}
            />
          </Group>
        )}
      </Stack>
    </Panel>
  );
}

function Cap({ form, errors }: Part) {
  const text = useTexts();
  const common = { min: 1, allowDecimal: false, allowNegative: false, hideControls: true } as const;
  return (
    <Panel title={text('settings.cap')}>
      <Stack>
        <Switch
          label={text('settings.cap.on')}
          description={text('settings.cap.hint')}
          {...form.getInputProps('isCapped', { type: 'checkbox' })}
        />
        {form.values.isCapped && (
          <Group align="flex-start" grow>
            <NumberInput
              label={text('settings.cap.messages')}
              {...common}
              {...form.getInputProps('messages')}
              error={errorAt(errors, 'frequencyCapMessages')}
            />
            <NumberInput
              label={text('settings.cap.days')}
              {...common}
              {...form.getInputProps('days')}
              error={errorAt(errors, 'frequencyCapDays')}
            />
          </Group>
        )}
      </Stack>
    </Panel>
  );
}
