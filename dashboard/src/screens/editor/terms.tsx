/** At which hours, how fast, until when it is sent, and what is recorded of it. */
import '@mantine/dates/styles.css';
import { Group, NumberInput, Stack, Switch, Text } from '@mantine/core';
import { DateTimePicker, TimeInput } from '@mantine/dates';
import { useQuery } from 'urql';
import { Panel } from '../../components/panel';
import { useTexts } from '../../texts';
import type { Form } from './draft';
import { HERE, localOf, momentOf } from './moments';
import { anchor } from './problems';
import { CHOICES } from './queries';

export function Terms({ form }: { form: Form }) {
  const text = useTexts();
  const { channel, sendBefore } = form.values;
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
            thousandSeparator=" "
            {...form.getInputProps('ratePerSecond')}
            onChange={(value) => {
              form.setFieldValue('ratePerSecond', value === '' ? '' : Number(value));
            }}
          />
          <DateTimePicker
            id={anchor('sendBefore')}
            label={text('terms.before')}
            placeholder={text('terms.before.none')}
            miw={200}
            clearable
            clearButtonProps={{ 'aria-label': text('terms.before.none') }}
            minDate={new Date()}
            value={sendBefore === null ? null : localOf(sendBefore, HERE)}
            error={form.errors['sendBefore']}
            onChange={(value) => {
              form.setFieldValue('sendBefore', value === null ? null : momentOf(value, HERE));
            }}
          />
        </Group>
        <Text size="xs" c="dimmed">
          {text('terms.before.zone', { zone: HERE })}
        </Text>
        {channel === 'EMAIL' && (
          <Switch
            id={anchor('tracksOpens')}
            label={text('terms.opens')}
            {...form.getInputProps('tracksOpens', { type: 'checkbox' })}
          />
        )}
        <Switch
          id={anchor('tracksClicks')}
          label={text('terms.clicks')}
          description={channel === 'EMAIL' ? undefined : text('terms.clicks.longer')}
          {...form.getInputProps('tracksClicks', { type: 'checkbox' })}
        />
      </Stack>
    </Panel>
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
