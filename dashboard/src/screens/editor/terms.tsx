/** At which hours, how fast, until when it is sent, and what is recorded of it. */
import '@mantine/dates/styles.css';
import { Group, NumberInput, Select, Stack, Switch, Text } from '@mantine/core';
import { DatesProvider, DateTimePicker, TimeInput } from '@mantine/dates';
import { useIntl } from 'react-intl';
import { useQuery } from 'urql';
import { Panel } from '../../components/panel';
import { useSeparators } from '../../components/separators';
import { useLanguage, useTexts } from '../../texts';
import type { Form } from './draft';
import { dayFormatOf, HERE, localOf, momentOf } from './moments';
import { anchor } from './problems';
import { CHOICES } from './queries';

export function Terms({ form }: { form: Form }) {
  const text = useTexts();
  const separators = useSeparators();
  const { channel } = form.values;
  return (
    <Panel title={text('terms.title')}>
      <Stack>
        <Hours form={form} />
        <Group align="flex-start" grow preventGrowOverflow={false}>
          <NumberInput
            id={anchor('ratePerSecond')}
            label={text('terms.rate')}
            placeholder={text('terms.rate.none')}
            miw={200}
            min={1}
            max={100_000}
            allowDecimal={false}
            {...separators}
            {...form.getInputProps('ratePerSecond')}
            onChange={(value) => {
              form.setFieldValue('ratePerSecond', value === '' ? '' : Number(value));
            }}
          />
          <Until form={form} />
        </Group>
        <Text size="xs" c="dimmed">
          {text('terms.before.zone', { zone: HERE })}
        </Text>
        <Group align="flex-start" grow preventGrowOverflow={false}>
          {channel === 'EMAIL' && <Tracking form={form} what="opens" />}
          <Tracking form={form} what="clicks" />
        </Group>
      </Stack>
    </Panel>
  );
}

function Until({ form }: { form: Form }) {
  const text = useTexts();
  const intl = useIntl();
  const { language } = useLanguage();
  const { sendBefore } = form.values;
  return (
    <DatesProvider settings={{ locale: language, weekendDays: [] }}>
      <DateTimePicker
        id={anchor('sendBefore')}
        // The field's id is its own, not that by which its calendar is named.
        popoverProps={{ attributes: { dropdown: { 'aria-label': text('terms.before') } } }}
        miw={200}
        label={text('terms.before')}
        placeholder={text('terms.before.none')}
        clearable
        clearButtonProps={{ 'aria-label': text('terms.before.none') }}
        valueFormat={`${dayFormatOf(intl)} HH:mm`}
        nextLabel={text('exports.nextMonth')}
        previousLabel={text('exports.previousMonth')}
        submitButtonProps={{ 'aria-label': text('files.done') }}
        minDate={new Date()}
        value={sendBefore === null ? null : localOf(sendBefore, HERE)}
        error={form.errors['sendBefore']}
        onChange={(value) => {
          form.setFieldValue('sendBefore', value === null ? null : momentOf(value, HERE));
        }}
      />
    </DatesProvider>
  );
}

const TRACKED = { opens: 'tracksOpens', clicks: 'tracksClicks' } as const;

/** What the campaign says itself, or nothing: then the deployment decides, as it does at the launch. */
function Tracking({ form, what }: { form: Form; what: keyof typeof TRACKED }) {
  const text = useTexts();
  const [{ data }] = useQuery({ query: CHOICES, requestPolicy: 'cache-first' });
  const { channel } = form.values;
  const usual = data?.trackingDefaults.find((one) => one.channel === channel)?.[what];
  const field = TRACKED[what];
  const says = form.values[field];
  const isForbidden = channel === 'EMAIL' && usual === false;
  const isLonger = channel !== 'EMAIL';
  return (
    <Select
      id={anchor(field)}
      label={text(`terms.${what}`)}
      description={isForbidden ? text('terms.tracking.never') : isLonger ? text('terms.clicks.longer') : null}
      inputWrapperOrder={['label', 'input', 'description', 'error']}
      miw={200}
      allowDeselect={false}
      data={[
        { value: 'null', label: text('terms.tracking.usual', { isOn: String(usual ?? 'unknown') }) },
        { value: 'true', label: text('terms.tracking.on') },
        { value: 'false', label: text('terms.tracking.off') },
      ]}
      value={String(says)}
      error={form.errors[field]}
      onChange={(value) => {
        form.setFieldValue(field, value === 'null' ? null : value === 'true');
      }}
    />
  );
}

function Hours({ form }: { form: Form }) {
  const text = useTexts();
  const [{ data }] = useQuery({ query: CHOICES, requestPolicy: 'cache-first' });
  const usual = data?.settings?.quietHours;
  const { hasQuietHours } = form.values;
  return (
    <>
      <Switch
        label={text('terms.quiet')}
        description={
          hasQuietHours
            ? text('terms.quiet.what')
            : usual
              ? text('terms.quiet.usual', usual)
              : text('terms.quiet.none')
        }
        {...form.getInputProps('hasQuietHours', { type: 'checkbox' })}
      />
      {hasQuietHours && (
        <Group>
          <TimeInput
            id={anchor('quietFrom')}
            label={text('terms.quiet.from')}
            {...form.getInputProps('quietFrom')}
          />
          <TimeInput
            id={anchor('quietUntil')}
            label={text('terms.quiet.until')}
            {...form.getInputProps('quietUntil')}
          />
        </Group>
      )}
    </>
  );
}
