/** One delivery in a drawer: to whom, what went out, and what happened with it when. */
import { Badge, Code, Drawer, Group, Skeleton, Stack, Table, Text, Timeline, Title } from '@mantine/core';
import { useEffect } from 'react';
import { useIntl } from 'react-intl';
import { useQuery } from 'urql';
import { TextLink } from '../../components/link';
import { Problem } from '../../components/problem';
import { Status } from '../../components/status';
import type { DeliveryQuery } from '../../gql/graphql';
import { useTexts } from '../../texts';
import type { TextId } from '../../texts/en';
import { DELIVERY } from './queries';

const LOOK_EVERY_MS = 3_000;

type Found = Extract<DeliveryQuery['node'], { __typename?: 'Delivery' }>;

export function Detail({ id, onClose }: { id: string | undefined; onClose: () => void }) {
  const text = useTexts();
  return (
    <Drawer.Root opened={id !== undefined} onClose={onClose} position="right" size="lg">
      <Drawer.Overlay />
      <Drawer.Content aria-label={text('delivery.title')}>
        <Drawer.Body>
          {/* Mantine's own header would be a second banner of the page. */}
          <Group justify="space-between" mb="md">
            <Title order={2} size="h4">
              {text('delivery.title')}
            </Title>
            <Drawer.CloseButton aria-label={text('confirm.close')} />
          </Group>
          {id !== undefined && <Body id={id} />}
        </Drawer.Body>
      </Drawer.Content>
    </Drawer.Root>
  );
}

function Body({ id }: { id: string }) {
  const text = useTexts();
  const [{ data, error }, again] = useQuery({ query: DELIVERY, variables: { id } });
  const found = data?.node as Found | null | undefined;
  const isMoving = found?.status === 'QUEUED' || found?.status === 'SENT';
  useEffect(() => {
    if (!isMoving) return;
    const clock = setInterval(() => {
      again({ requestPolicy: 'network-only' });
    }, LOOK_EVERY_MS);
    return () => {
      clearInterval(clock);
    };
  }, [isMoving, again]);
  // Nothing else is asked with: whatever the server has against the input, it is the id.
  const isUnknown = error?.graphQLErrors[0]?.extensions['code'] === 'BAD_USER_INPUT';
  if (error && !found && !isUnknown)
    return (
      <Problem
        error={error}
        onRetry={() => {
          again({ requestPolicy: 'network-only' });
        }}
      />
    );
  if (found === undefined && !error) return <Skeleton height={420} aria-busy />;
  if (found?.status === undefined) return <Text>{text('delivery.missing')}</Text>;
  return (
    <Stack>
      <Facts delivery={found} />
      <Points delivery={found} />
      {typeof found.body === 'string' && <Message delivery={found} />}
    </Stack>
  );
}

function Facts({ delivery }: { delivery: Found }) {
  const text = useTexts();
  const intl = useIntl();
  const { customer, address, variantKey, attempt, segments, reason, reasonText, channel } = delivery;
  const rows: (readonly [TextId, React.ReactNode])[] = [
    [
      'delivery.customer',
      customer ? (
        <TextLink size="sm" to="/customers/$id" params={{ id: customer.id }}>
          {customer.name ?? address ?? text('delivery.customer')}
        </TextLink>
      ) : (
        text('delivery.erased')
      ),
    ],
    ['delivery.address', address ?? '–'],
    ['delivery.channel', text(`channel.${channel}`)],
    ['delivery.status', <Status key="status" status={delivery.status} />],
  ];
  if (reason)
    rows.push(['delivery.reason', [text(`reason.${reason}`), reasonText].filter(Boolean).join(' · ')]);
  if (variantKey)
    rows.push([
      'delivery.variant',
      <Badge key="variant" variant="default" tt="none">
        {variantKey}
      </Badge>,
    ]);
  if (attempt > 1) rows.push(['delivery.attempt', intl.formatNumber(attempt)]);
  if (typeof segments === 'number') rows.push(['delivery.segments', intl.formatNumber(segments)]);
  return (
    <Table variant="vertical" layout="fixed" withTableBorder>
      <Table.Tbody>
        {rows.map(([name, value]) => (
          <Table.Tr key={name}>
            <Table.Th w={130}>{text(name)}</Table.Th>
            <Table.Td style={{ overflowWrap: 'anywhere' }}>{value}</Table.Td>
          </Table.Tr>
        ))}
      </Table.Tbody>
    </Table>
  );
}

const POINTS = [
  ['notBefore', 'delivery.notBefore'],
  ['sentAt', 'delivery.sentAt'],
  ['finishedAt', 'delivery.finishedAt'],
  ['openedAt', 'delivery.openedAt'],
  ['clickedAt', 'delivery.clickedAt'],
] as const satisfies readonly (readonly [keyof Found, TextId])[];

function Points({ delivery }: { delivery: Found }) {
  const text = useTexts();
  const intl = useIntl();
  const points = POINTS.flatMap(([name, id]) => {
    const at = delivery[name];
    const isOutcome = name === 'finishedAt';
    return at ? [{ at, name: isOutcome ? text(`status.${delivery.status}`) : text(id) }] : [];
  }).sort((one, other) => one.at.localeCompare(other.at));
  if (points.length === 0) return <Text c="dimmed">{text('delivery.points.empty')}</Text>;
  return (
    <Timeline
      active={points.length - 1}
      bulletSize={16}
      lineWidth={2}
      aria-label={text('delivery.points')}
      role="list"
    >
      {points.map(({ at, name }) => (
        <Timeline.Item key={name} title={name} role="listitem">
          <Text size="xs" c="dimmed">
            <time dateTime={at}>{intl.formatDate(at, { dateStyle: 'medium', timeStyle: 'medium' })}</time>
          </Text>
        </Timeline.Item>
      ))}
    </Timeline>
  );
}

/** As plain text: to show its HTML would load the picture by which opens are counted. */
function Message({ delivery }: { delivery: Found }) {
  const text = useTexts();
  return (
    <div>
      <Group justify="space-between" mb={4}>
        <Text size="sm" fw={600} style={{ overflowWrap: 'anywhere' }}>
          {delivery.subject ?? text('campaign.message')}
        </Text>
      </Group>
      <Code block style={{ whiteSpace: 'pre-wrap', overflowWrap: 'anywhere' }}>
        {delivery.body}
      </Code>
    </div>
  );
}
