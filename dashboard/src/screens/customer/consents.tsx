/** What the person said yes or no to, and which of their addresses are closed. */
import { Badge, Group, Stack, Text } from '@mantine/core';
import { Moment } from '../../components/moment';
import { Panel } from '../../components/panel';
import type { ConsentStatus, CustomerQuery } from '../../gql/graphql';
import { useTexts } from '../../texts';

type Customer = NonNullable<CustomerQuery['customer']>;

const COLORS: Record<ConsentStatus, string> = { SUBSCRIBED: 'green', UNSUBSCRIBED: 'red', PENDING: 'gray' };

export function Consents({ customer: { consents, suppressions } }: { customer: Customer }) {
  const text = useTexts();
  const isEmpty = consents?.length === 0 && suppressions?.length === 0;
  return (
    <Panel title={text('consents.title')}>
      {isEmpty && <Text c="dimmed">{text('consents.empty')}</Text>}
      <Stack gap="xs">
        {suppressions?.map(({ id, channel, reason, createdAt }) => (
          <Group key={id} justify="space-between">
            <Text size="sm">
              {text('consents.closed', { channel: text(`channel.${channel}`) })} (
              {text(`suppression.${reason}`)})
            </Text>
            <Text size="xs" c="dimmed">
              <Moment at={createdAt} />
            </Text>
          </Group>
        ))}
        {consents?.map(({ topic, channel, status, changedAt }) => (
          <Group key={`${topic.id} ${channel}`} justify="space-between">
            <Group gap="xs">
              <Text size="sm">
                {topic.name}, {text(`channel.${channel}`)}
              </Text>
              <Badge color={COLORS[status]} variant="dot" tt="none">
                {text(`consent.${status}`)}
              </Badge>
            </Group>
            <Text size="xs" c="dimmed">
              <Moment at={changedAt} />
            </Text>
          </Group>
        ))}
      </Stack>
    </Panel>
  );
}
