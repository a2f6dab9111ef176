/** What the person said yes or no to, for each topic and channel, and which of their addresses are closed. */
import { Badge, Button, Divider, Group, Select, Stack, Text } from '@mantine/core';
import { useState } from 'react';
import { useQuery } from 'urql';
import { useChange } from '../../api/change';
import { ConfirmedButton } from '../../components/confirm';
import { Errors } from '../../components/errors';
import { ButtonLink } from '../../components/link';
import { Moment } from '../../components/moment';
import { Panel } from '../../components/panel';
import { useMay } from '../../components/permissions';
import type { Channel, ConsentStatus, CustomerQuery } from '../../gql/graphql';
import { useTexts } from '../../texts';
import { CONSENT_SET, LIFT, SUPPRESS } from './changes';
import { TOPICS } from './queries';

type Customer = NonNullable<CustomerQuery['customer']>;

const CHANNELS: readonly Channel[] = ['EMAIL', 'SMS', 'WHATSAPP'];
const STATUSES: readonly ConsentStatus[] = ['SUBSCRIBED', 'UNSUBSCRIBED', 'PENDING'];
const COLORS: Record<ConsentStatus, string> = { SUBSCRIBED: 'green', UNSUBSCRIBED: 'red', PENDING: 'gray' };

export function Consents({ customer, onChanged }: { customer: Customer; onChanged: () => void }) {
  const text = useTexts();
  const mayWrite = useMay('CONSENTS_WRITE');
  const { consents } = customer;
  return (
    <Panel title={text('consents.title')}>
      <Stack gap="sm">
        {consents?.length === 0 && (
          <Text size="sm" c="dimmed">
            {text('consents.empty')}
          </Text>
        )}
        {consents?.map(({ topic, channel, status, changedAt, source }) => (
          <Group key={`${topic.id} ${channel}`} justify="space-between" gap={4}>
            <Group gap="xs">
              <Text size="sm">
                {topic.name}, {text(`channel.${channel}`)}
              </Text>
              <Badge color={COLORS[status]} variant="dot" tt="none">
                {text(`consent.${status}`)}
              </Badge>
            </Group>
            <Text size="xs" c="dimmed">
              <Moment at={changedAt} /> · {source}
            </Text>
          </Group>
        ))}
        {mayWrite && <SetConsent customer={customer} onChanged={onChanged} />}
        <Divider label={text('consents.addresses')} labelPosition="left" />
        <Addresses customer={customer} mayWrite={mayWrite} onChanged={onChanged} />
      </Stack>
    </Panel>
  );
}

function SetConsent({ customer, onChanged }: { customer: Customer; onChanged: () => void }) {
  const text = useTexts();
  const { isBusy, errors, change } = useChange();
  const [{ data }] = useQuery({ query: TOPICS });
  const [topicId, setTopic] = useState<string | null>(null);
  const [channel, setChannel] = useState<Channel>('EMAIL');
  const [status, setStatus] = useState<ConsentStatus>('SUBSCRIBED');
  if (data?.topics?.length === 0)
    return (
      <Group gap="xs">
        <Text size="sm" c="dimmed">
          {text('consents.topics.empty')}
        </Text>
        <ButtonLink to="/settings/topics" size="xs" variant="subtle">
          {text('topics.title')}
        </ButtonLink>
      </Group>
    );
  const set = async () => {
    if (topicId === null) return;
    const input = { customer: { id: customer.id }, topicId, channel, status };
    if (await change(CONSENT_SET, { input })) onChanged();
  };
  return (
    <Stack gap="xs">
      <Group gap="xs" align="end">
        <Select
          size="xs"
          w={{ base: '100%', xs: 150 }}
          label={text('consents.topic')}
          data={data?.topics?.map(({ id, name }) => ({ value: id, label: name })) ?? []}
          value={topicId}
          onChange={setTopic}
        />
        <Select
          size="xs"
          w={110}
          label={text('messages.channel')}
          allowDeselect={false}
          data={CHANNELS.map((value) => ({ value, label: text(`channel.${value}`) }))}
          value={channel}
          onChange={(value) => {
            if (value) setChannel(value);
          }}
        />
        <Select
          size="xs"
          w={140}
          label={text('consents.word')}
          allowDeselect={false}
          data={STATUSES.map((value) => ({ value, label: text(`consent.${value}`) }))}
          value={status}
          onChange={(value) => {
            if (value) setStatus(value);
          }}
        />
        <Button
          size="xs"
          variant="default"
          loading={isBusy}
          disabled={topicId === null}
          onClick={() => void set()}
        >
          {text('consents.set')}
        </Button>
      </Group>
      <Errors errors={errors} />
    </Stack>
  );
}

function Addresses({
  customer,
  mayWrite,
  onChanged,
}: {
  customer: Customer;
  mayWrite: boolean;
  onChanged: () => void;
}) {
  const text = useTexts();
  const { isBusy, errors, change } = useChange();
  const { suppressions } = customer;
  const after = async (work: Promise<unknown>) => {
    if (await work) onChanged();
  };
  return (
    <Stack gap="xs">
      {CHANNELS.map((channel) => {
        const address = channel === 'EMAIL' ? customer.email : customer.phone;
        const closed = suppressions?.find((one) => one.channel === channel);
        const name = text(`channel.${channel}`);
        return (
          <Group key={channel} justify="space-between" gap={4} mih={30}>
            <Text size="sm" c={address ? 'inherit' : 'dimmed'}>
              {closed
                ? `${text('consents.closed', { channel: name })} (${text(`suppression.${closed.reason}`)})`
                : text(address ? 'consents.open' : 'consents.none', { channel: name })}
              {closed && (
                <Text span size="xs" c="dimmed">
                  {' · '}
                  <Moment at={closed.createdAt} isDay />
                </Text>
              )}
            </Text>
            {mayWrite && closed && (
              <ConfirmedButton
                label={text('consents.lift', { channel: name })}
                question={text('suppressions.lift.sure')}
                color="red"
                isBusy={isBusy}
                size="xs"
                onConfirm={() => void after(change(LIFT, { id: closed.id }))}
              />
            )}
            {mayWrite && !closed && address && (
              <ConfirmedButton
                label={text('consents.close', { channel: name })}
                question={text('consents.close.sure')}
                color="red"
                isBusy={isBusy}
                size="xs"
                onConfirm={() => void after(change(SUPPRESS, { channel, address }))}
              />
            )}
          </Group>
        );
      })}
      <Errors errors={errors} />
    </Stack>
  );
}
