/** The users in a table: each can be changed where it stands. */
import { Badge, Button, Group, Skeleton, Table, Text, VisuallyHidden } from '@mantine/core';
import { useState } from 'react';
import { Moment } from '../../components/moment';
import type { UsersQuery } from '../../gql/graphql';
import { useTexts } from '../../texts';
import { EditDialog } from './edit';

export type User = NonNullable<UsersQuery['users']>['nodes'][number];

export function UsersTable({
  users,
  ownId,
  mayWrite,
  onSaved,
}: {
  users: readonly User[] | undefined;
  ownId: string | undefined;
  mayWrite: boolean;
  onSaved: (email: string) => void;
}) {
  const text = useTexts();
  return (
    <Table verticalSpacing="sm" layout="fixed">
      <Table.Thead>
        <Table.Tr>
          <Table.Th>{text('users.who')}</Table.Th>
          <Table.Th w={140} visibleFrom="sm">
            {text('role')}
          </Table.Th>
          <Table.Th w={190} visibleFrom="md">
            {text('users.lastSeen')}
          </Table.Th>
          <Table.Th w={140} visibleFrom="lg">
            {text('users.since')}
          </Table.Th>
          {mayWrite && (
            <Table.Th w={{ base: 84, sm: 110 }}>
              <VisuallyHidden>{text('table.actions')}</VisuallyHidden>
            </Table.Th>
          )}
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {users
          ? users.map((user) => (
              <Row key={user.id} user={user} isOwn={user.id === ownId} {...{ mayWrite, onSaved }} />
            ))
          : Array.from({ length: 5 }, (_, row) => (
              <Table.Tr key={row}>
                <Table.Td colSpan={5}>
                  <Skeleton height={40} />
                </Table.Td>
              </Table.Tr>
            ))}
      </Table.Tbody>
    </Table>
  );
}

function Row({
  user,
  isOwn,
  mayWrite,
  onSaved,
}: {
  user: User;
  isOwn: boolean;
  mayWrite: boolean;
  onSaved: (email: string) => void;
}) {
  const text = useTexts();
  const [isOpen, setOpen] = useState(false);
  return (
    <Table.Tr>
      <Table.Td style={{ overflowWrap: 'anywhere' }}>
        <Group gap="xs">
          <Text size="sm" fw={600}>
            {user.name ?? user.email}
          </Text>
          {isOwn && (
            <Badge variant="default" tt="none">
              {text('users.you')}
            </Badge>
          )}
          {!user.isActive && (
            <Badge color="red" variant="dot" tt="none">
              {text('users.inactive')}
            </Badge>
          )}
        </Group>
        {user.name && (
          <Text size="sm" c="dimmed">
            {user.email}
          </Text>
        )}
        <Text size="sm" hiddenFrom="sm">
          {text(`role.${user.role}`)}
        </Text>
      </Table.Td>
      <Table.Td visibleFrom="sm">{text(`role.${user.role}`)}</Table.Td>
      <Table.Td visibleFrom="md">
        {user.lastSeenAt ? <Moment at={user.lastSeenAt} /> : text('users.neverSeen')}
      </Table.Td>
      <Table.Td visibleFrom="lg">
        <Moment at={user.createdAt} isDay />
      </Table.Td>
      {mayWrite && (
        <Table.Td ta="right">
          <Button
            size="xs"
            variant="default"
            aria-label={`${text('users.edit')}: ${user.email}`}
            onClick={() => {
              setOpen(true);
            }}
          >
            {text('users.edit')}
          </Button>
          <EditDialog
            user={user}
            isOpen={isOpen}
            onClose={() => {
              setOpen(false);
            }}
            onSaved={() => {
              onSaved(user.email);
            }}
          />
        </Table.Td>
      )}
    </Table.Tr>
  );
}
