/** Events of the audit in a table, the newest first. */
import { Badge, Skeleton, Table, Text } from '@mantine/core';
import { TextLink } from '../../components/link';
import { Moment } from '../../components/moment';
import type { AuditQuery } from '../../gql/graphql';
import { useTexts } from '../../texts';
import { en, type TextId } from '../../texts/en';
import { actionText, screenOf } from './actions';

type AuditEvent = NonNullable<AuditQuery['auditEvents']>['nodes'][number];

/** Words that need two lines take them. */
const WHOLE = { h: 'auto', mih: 20, styles: { label: { whiteSpace: 'normal' } } } as const;

export function EventsTable({ events }: { events: readonly AuditEvent[] | undefined }) {
  const text = useTexts();
  return (
    <Table verticalSpacing="xs" layout="fixed">
      <Table.Thead>
        <Table.Tr>
          <Table.Th w={190} visibleFrom="sm">
            {text('audit.at')}
          </Table.Th>
          <Table.Th>{text('audit.what')}</Table.Th>
          <Table.Th visibleFrom="sm">{text('audit.who')}</Table.Th>
          <Table.Th w={{ base: 120, sm: 170 }}>{text('audit.outcome')}</Table.Th>
          <Table.Th w={150} visibleFrom="lg">
            {text('audit.from')}
          </Table.Th>
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {events
          ? events.map((event) => <Row key={event.id} event={event} />)
          : Array.from({ length: 12 }, (_, row) => (
              <Table.Tr key={row}>
                <Table.Td colSpan={5}>
                  <Skeleton height={22} />
                </Table.Td>
              </Table.Tr>
            ))}
      </Table.Tbody>
    </Table>
  );
}

function Row({ event }: { event: AuditEvent }) {
  return (
    <Table.Tr>
      <Table.Td visibleFrom="sm">
        <Moment at={event.at} />
      </Table.Td>
      <Table.Td style={{ overflowWrap: 'anywhere' }}>
        <What event={event} />
        <Text size="xs" c="dimmed" hiddenFrom="sm">
          {event.actor}
          <br />
          <Moment at={event.at} />
        </Text>
      </Table.Td>
      <Table.Td visibleFrom="sm" style={{ overflowWrap: 'anywhere' }}>
        {event.actor}
      </Table.Td>
      <Table.Td>
        <Outcome event={event} />
      </Table.Td>
      <Table.Td visibleFrom="lg" style={{ overflowWrap: 'anywhere' }}>
        {event.ipAddress ?? '–'}
      </Table.Td>
    </Table.Tr>
  );
}

function What({ event: { action, subjectId, succeeded } }: { event: AuditEvent }) {
  const text = useTexts();
  const id = actionText(action);
  const name = id ? text(id) : action;
  const to = screenOf(action);
  if (to === null || !subjectId || !succeeded) return name;
  return (
    <TextLink to={to} params={{ id: subjectId }} inherit>
      {name}
    </TextLink>
  );
}

function Outcome({ event: { succeeded, code } }: { event: AuditEvent }) {
  const text = useTexts();
  const codeText = (one: string | null | undefined) => {
    if (!one) return text('audit.failed');
    const id = `code.${one}`;
    return id in en ? text(id as TextId) : one;
  };
  if (succeeded)
    return (
      <Badge color="green" variant="dot" tt="none" {...WHOLE}>
        {text('audit.done')}
      </Badge>
    );
  return (
    <Badge color="red" variant="dot" tt="none" {...WHOLE}>
      {codeText(code)}
    </Badge>
  );
}
