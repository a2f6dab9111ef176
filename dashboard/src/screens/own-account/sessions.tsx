/** The devices that a person is signed in on: each can be ended, or all but this one. */
import { Badge, Button, Group, Stack, Text } from '@mantine/core';
import { useAgain } from '../../api/again';
import { useChange } from '../../api/change';
import { ConfirmedButton } from '../../components/confirm';
import { Errors } from '../../components/errors';
import { Moment } from '../../components/moment';
import { Panel } from '../../components/panel';
import { useSaid } from '../../components/said';
import type { OwnAccountQuery } from '../../gql/graphql';
import { useTexts } from '../../texts';
import { deviceName } from './device';
import { END, END_OTHERS, OWN_ACCOUNT } from './queries';

type Session = NonNullable<OwnAccountQuery['sessions']>[number];

export function Sessions({ sessions }: { sessions: readonly Session[] }) {
  const text = useTexts();
  const refetch = useAgain();
  const { isBusy, errors, change } = useChange();
  const { said, say } = useSaid();
  const ended = async (count: number) => {
    await refetch(OWN_ACCOUNT, {});
    say(text('sessions.ended', { count }));
  };
  const end = async (id: string) => {
    if (await change(END, { id })) await ended(1);
  };
  const endOthers = async () => {
    const done = await change(END_OTHERS, {});
    if (done) await ended(done.sessionsRevokeOthers.revokedIds.length);
  };
  return (
    <Panel
      title={text('sessions.title')}
      aside={
        sessions.length > 1 && (
          <ConfirmedButton
            label={text('sessions.endOthers')}
            size="xs"
            question={text('sessions.endOthers.sure')}
            color="red"
            isBusy={isBusy}
            onConfirm={() => void endOthers()}
          />
        )
      }
    >
      <Stack component="ul" gap="md" m={0} p={0} style={{ listStyle: 'none' }}>
        {sessions.map((session) => (
          <Device key={session.id} session={session} isBusy={isBusy} onEnd={() => void end(session.id)} />
        ))}
      </Stack>
      <Errors errors={errors} />
      {said}
    </Panel>
  );
}

function Device({ session, isBusy, onEnd }: { session: Session; isBusy: boolean; onEnd: () => void }) {
  const text = useTexts();
  const name = deviceName(session.device ?? null) ?? text('sessions.unknown');
  return (
    <Group component="li" justify="space-between" gap="xs">
      <div style={{ overflowWrap: 'anywhere', flex: '1 1 200px' }}>
        <Group gap="xs">
          <Text fw={600} size="sm">
            {name}
          </Text>
          {session.isCurrent && (
            <Badge color="green" variant="dot" tt="none">
              {text('sessions.current')}
            </Badge>
          )}
        </Group>
        <Text size="sm" c="dimmed">
          {session.ipAddress ?? '–'} · {text('sessions.used')} <Moment at={session.lastUsedAt} />
        </Text>
      </div>
      {!session.isCurrent && (
        <Button
          size="xs"
          variant="default"
          loading={isBusy}
          aria-label={`${text('sessions.end')}: ${name}`}
          onClick={onEnd}
        >
          {text('sessions.end')}
        </Button>
      )}
    </Group>
  );
}
