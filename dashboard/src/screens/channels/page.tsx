/** Who carries each channel's messages, and whether they would take some now. */
import { Alert, Badge, Button, SimpleGrid, Skeleton, Text } from '@mantine/core';
import { useIntl } from 'react-intl';
import { useQuery } from 'urql';
import { Empty } from '../../components/empty';
import { Facts } from '../../components/facts';
import { Panel } from '../../components/panel';
import { Problem } from '../../components/problem';
import type { ChannelsQuery } from '../../gql/graphql';
import { useTexts } from '../../texts';
import { SettingsScreen } from '../settings/frame';
import { CHANNELS } from './queries';

type Channel = NonNullable<ChannelsQuery['channels']>[number];

export default function Page() {
  const text = useTexts();
  const [{ data, error, fetching, stale }, again] = useQuery({ query: CHANNELS });
  const ask = () => {
    again({ requestPolicy: 'network-only' });
  };
  const channels = data?.channels;
  return (
    <SettingsScreen
      title={text('channels.title')}
      aside={
        <Button variant="default" loading={fetching || stale} onClick={ask}>
          {text('channels.ask')}
        </Button>
      }
    >
      <Text size="sm" c="dimmed" maw={640}>
        {text('channels.text')}
      </Text>
      {error && !channels && <Problem error={error} onRetry={ask} />}
      {channels?.length === 0 && <Empty>{text('channels.empty')}</Empty>}
      {!error && (
        <SimpleGrid cols={{ base: 1, sm: 2, lg: 3 }} aria-busy={channels === undefined}>
          {channels
            ? channels.map((channel) => <Shown key={channel.channel} setup={channel} />)
            : Array.from({ length: 3 }, (_, at) => <Skeleton key={at} height={210} />)}
        </SimpleGrid>
      )}
    </SettingsScreen>
  );
}

/** As mail programs show it. */
function senderOf({ sender, senderName }: Channel): string | null {
  if (!senderName) return sender ?? null;
  return sender ? `${senderName} <${sender}>` : senderName;
}

function Shown({ setup }: { setup: Channel }) {
  const text = useTexts();
  const intl = useIntl();
  const { problem = null, messagesPerSecond: limit = null } = setup;
  const facts = [
    [text('channels.vendor'), setup.vendor],
    [text('channels.sender'), senderOf(setup) ?? text('channels.sender.theirs')],
    ...(setup.replyTo ? [[text('channels.replyTo'), setup.replyTo] as const] : []),
    [
      text('channels.limit'),
      limit === null
        ? text('channels.limit.none')
        : text('channels.limit.value', { limit: intl.formatNumber(limit) }),
    ],
    [text('channels.guarantee'), text(`guarantee.${setup.guarantee}`)],
  ] as const;
  return (
    <Panel
      title={text(`channel.${setup.channel}`)}
      aside={
        <Badge variant="dot" tt="none" color={problem === null ? 'green' : 'red'}>
          {text(problem === null ? 'channels.well' : 'channels.ill')}
        </Badge>
      }
    >
      {problem !== null && (
        <Alert color="red" p="xs" mb="sm" style={{ overflowWrap: 'anywhere' }}>
          {problem}
        </Alert>
      )}
      <Facts facts={facts} />
    </Panel>
  );
}
