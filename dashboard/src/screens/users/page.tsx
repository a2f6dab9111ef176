/** Who may sign in, and as what. */
import { Button, Card, Text } from '@mantine/core';
import { useState } from 'react';
import { useQuery } from 'urql';
import { useAgain } from '../../api/again';
import { Empty } from '../../components/empty';
import { Pager, usePlace } from '../../components/pager';
import { useMay } from '../../components/permissions';
import { Problem } from '../../components/problem';
import { useSaid } from '../../components/said';
import { useTexts } from '../../texts';
import { SettingsScreen } from '../settings/frame';
import { InviteDialog } from './invite';
import { UsersTable } from './table';
import { USERS } from './queries';

const SIZE = 25;

export default function Page() {
  const text = useTexts();
  const refetch = useAgain();
  const { said, say } = useSaid();
  const mayWrite = useMay('USERS_WRITE');
  const [isOpen, setOpen] = useState(false);
  const [place, go] = usePlace(SIZE);
  const [{ data, error }, again] = useQuery({ query: USERS, variables: place });
  const users = data?.users;
  const invite = (
    <Button
      onClick={() => {
        setOpen(true);
      }}
    >
      {text('users.invite')}
    </Button>
  );
  return (
    <SettingsScreen title={text('users.title')} aside={mayWrite && invite}>
      <Text size="sm" c="dimmed" mih={22}>
        {typeof users?.totalCount === 'number' && text('users.count', { count: users.totalCount })}
      </Text>
      {error && !users ? (
        <Problem
          error={error}
          onRetry={() => {
            again({ requestPolicy: 'network-only' });
          }}
        />
      ) : (
        <Card withBorder p={0} aria-busy={users === undefined}>
          {users?.nodes.length === 0 ? (
            <Empty>{text('users.empty')}</Empty>
          ) : (
            <UsersTable
              users={users?.nodes}
              ownId={data?.viewer?.user?.id}
              mayWrite={mayWrite}
              onSaved={(email) => {
                say(text('users.saved', { email }));
              }}
            />
          )}
        </Card>
      )}
      <Pager info={users?.pageInfo} size={SIZE} onGo={go} />
      {said}
      <InviteDialog
        isOpen={isOpen}
        onClose={() => {
          setOpen(false);
        }}
        onInvited={() => void refetch(USERS, place)}
      />
    </SettingsScreen>
  );
}
