/** Keys of machines: who uses them, as what, since when and how long. */
import { Button, Card, Skeleton, Table, Text, VisuallyHidden } from '@mantine/core';
import { useState } from 'react';
import { useQuery } from 'urql';
import { useAgain } from '../../api/again';
import { Empty } from '../../components/empty';
import { useMay } from '../../components/permissions';
import { Problem } from '../../components/problem';
import { useSaid } from '../../components/said';
import type { KeysQuery } from '../../gql/graphql';
import { useTexts } from '../../texts';
import { SettingsScreen } from '../settings/frame';
import { CreateDialog } from './create';
import { KEYS } from './queries';
import { Row } from './row';

export type Key = NonNullable<KeysQuery['apiKeys']>[number];

export default function Page() {
  const text = useTexts();
  const refetch = useAgain();
  const { said, say } = useSaid();
  const mayWrite = useMay('API_KEYS_WRITE');
  const [isOpen, setOpen] = useState(false);
  const [{ data, error }, again] = useQuery({ query: KEYS });
  const keys = data?.apiKeys ?? undefined;
  const create = (
    <Button
      onClick={() => {
        setOpen(true);
      }}
    >
      {text('keys.create')}
    </Button>
  );
  const revoked = async (name: string) => {
    await refetch(KEYS, {});
    say(text('keys.revoked', { name }));
  };
  return (
    <SettingsScreen title={text('keys.title')} aside={mayWrite && create}>
      <Text size="sm" c="dimmed" maw={640}>
        {text('keys.text')}
      </Text>
      {error && !keys ? (
        <Problem
          error={error}
          onRetry={() => {
            again({ requestPolicy: 'network-only' });
          }}
        />
      ) : (
        <Card withBorder p={0} aria-busy={keys === undefined}>
          {keys?.length === 0 ? (
            <Empty>{text('keys.empty')}</Empty>
          ) : (
            <List keys={keys} mayWrite={mayWrite} onRevoked={revoked} />
          )}
        </Card>
      )}
      {said}
      <CreateDialog
        isOpen={isOpen}
        onClose={() => {
          setOpen(false);
        }}
        onCreated={() => void refetch(KEYS, {})}
      />
    </SettingsScreen>
  );
}

function List({
  keys,
  mayWrite,
  onRevoked,
}: {
  keys: readonly Key[] | undefined;
  mayWrite: boolean;
  onRevoked: (name: string) => Promise<void>;
}) {
  const text = useTexts();
  return (
    <Table verticalSpacing="sm" layout="fixed">
      <Table.Thead>
        <Table.Tr>
          <Table.Th>{text('keys.name')}</Table.Th>
          <Table.Th w={140} visibleFrom="sm">
            {text('role')}
          </Table.Th>
          <Table.Th w={140} visibleFrom="lg">
            {text('keys.made')}
          </Table.Th>
          <Table.Th w={190} visibleFrom="lg">
            {text('keys.used')}
          </Table.Th>
          <Table.Th w={150} visibleFrom="sm">
            {text('keys.ends')}
          </Table.Th>
          {mayWrite && (
            <Table.Th w={120}>
              <VisuallyHidden>{text('table.actions')}</VisuallyHidden>
            </Table.Th>
          )}
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {keys
          ? keys.map((key) => <Row key={key.id} apiKey={key} mayWrite={mayWrite} onRevoked={onRevoked} />)
          : Array.from({ length: 3 }, (_, row) => (
              <Table.Tr key={row}>
                <Table.Td colSpan={6}>
                  <Skeleton height={40} />
                </Table.Td>
              </Table.Tr>
            ))}
      </Table.Tbody>
    </Table>
  );
}
