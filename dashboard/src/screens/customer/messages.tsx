/** A customer's messages, newest first: what each campaign sent them and what became of it. */
import { Skeleton, Stack, Table, Text } from '@mantine/core';
import { useQuery } from 'urql';
import { TextLink } from '../../components/link';
import { Moment } from '../../components/moment';
import { Pager, usePlace } from '../../components/pager';
import { Panel } from '../../components/panel';
import { useMay } from '../../components/permissions';
import { Problem } from '../../components/problem';
import { Status } from '../../components/status';
import type { CustomerMessagesQuery } from '../../gql/graphql';
import { useTexts } from '../../texts';
import { MESSAGES } from './queries';

const SIZE = 10;

type Message = NonNullable<NonNullable<CustomerMessagesQuery['customer']>['deliveries']>['nodes'][number];

export function Messages({ id }: { id: string }) {
  return useMay('CAMPAIGNS_READ') ? <List id={id} /> : null;
}

function List({ id }: { id: string }) {
  const text = useTexts();
  const [place, go] = usePlace(SIZE, id);
  const [{ data, error }, again] = useQuery({ query: MESSAGES, variables: { id, ...place } });
  const messages = data?.customer?.deliveries;
  return (
    <Panel title={text('messages.title')}>
      {error && !messages && (
        <Problem
          error={error}
          onRetry={() => {
            again({ requestPolicy: 'network-only' });
          }}
        />
      )}
      {!error && messages === undefined && <Skeleton height={200} />}
      {messages?.nodes.length === 0 && (
        <Text size="sm" c="dimmed">
          {text('messages.empty')}
        </Text>
      )}
      {messages && messages.nodes.length > 0 && (
        <Stack gap="sm">
          <Table layout="fixed">
            <Table.Thead>
              <Table.Tr>
                <Table.Th>{text('messages.campaign')}</Table.Th>
                <Table.Th w={90} visibleFrom="xl">
                  {text('messages.channel')}
                </Table.Th>
                <Table.Th w={{ base: 120, sm: 150 }}>{text('messages.status')}</Table.Th>
                <Table.Th w={130} visibleFrom="sm">
                  {text('messages.at')}
                </Table.Th>
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {messages.nodes.map((message) => (
                <Row key={message.id} message={message} />
              ))}
            </Table.Tbody>
          </Table>
          <Pager info={messages.pageInfo} size={SIZE} onGo={go} />
        </Stack>
      )}
    </Panel>
  );
}

function Row({ message }: { message: Message }) {
  const text = useTexts();
  const { campaign, reason, openedAt, clickedAt } = message;
  const note = reason
    ? text(`reason.${reason}`)
    : clickedAt
      ? text('messages.clicked')
      : openedAt
        ? text('messages.opened')
        : null;
  return (
    <Table.Tr>
      <Table.Td>
        <TextLink
          to="/campaigns/$id"
          params={{ id: campaign.id }}
          fz="sm"
          style={{ overflowWrap: 'anywhere' }}
        >
          {campaign.name}
        </TextLink>
        <Text size="xs" c="dimmed" hiddenFrom="xl">
          {text(`channel.${message.channel}`)}
        </Text>
      </Table.Td>
      <Table.Td visibleFrom="xl">{text(`channel.${message.channel}`)}</Table.Td>
      <Table.Td>
        <Status status={message.status} />
        {note && (
          <Text size="xs" c="dimmed">
            {note}
          </Text>
        )}
      </Table.Td>
      <Table.Td visibleFrom="sm">
        <Moment at={message.updatedAt} isDay />
      </Table.Td>
    </Table.Tr>
  );
}
