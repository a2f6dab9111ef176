/** Who is signed in: what they may do, their password, the devices that they are signed in on. */
import { SimpleGrid, Skeleton, Stack } from '@mantine/core';
import { useQuery } from 'urql';
import { Empty } from '../../components/empty';
import { Facts } from '../../components/facts';
import { Moment } from '../../components/moment';
import { Panel } from '../../components/panel';
import { Problem } from '../../components/problem';
import { Screen } from '../../components/screen';
import type { OwnAccountQuery } from '../../gql/graphql';
import { useTexts } from '../../texts';
import { Password } from './password';
import { OWN_ACCOUNT } from './queries';
import { Sessions } from './sessions';

type Viewer = NonNullable<OwnAccountQuery['viewer']>;

export default function Page() {
  const text = useTexts();
  const [{ data, error }, again] = useQuery({ query: OWN_ACCOUNT });
  const viewer = data?.viewer;
  return (
    <Screen title={text('account.title')}>
      {error && !viewer && (
        <Problem
          error={error}
          onRetry={() => {
            again({ requestPolicy: 'network-only' });
          }}
        />
      )}
      {!viewer && !error && (
        <Stack aria-busy>
          <Skeleton height={250} />
          <Skeleton height={200} />
        </Stack>
      )}
      {viewer && (
        <>
          <SimpleGrid cols={{ base: 1, md: 2 }}>
            <Who viewer={viewer} />
            {viewer.user && <Password email={viewer.user.email} />}
          </SimpleGrid>
          {viewer.user ? (
            <Sessions sessions={data.sessions ?? []} />
          ) : (
            <Empty>{text('account.nobody')}</Empty>
          )}
        </>
      )}
    </Screen>
  );
}

function Who({ viewer }: { viewer: Viewer }) {
  const text = useTexts();
  const { user, apiKey, role } = viewer;
  const facts = [
    ...(user
      ? ([
          [text('signIn.email'), user.email],
          [text('users.name'), user.name ?? '–'],
          [text('users.since'), <Moment key="since" at={user.createdAt} isDay />],
        ] as const)
      : ([[text('account.kind'), apiKey?.name ?? text('account.token')]] as const)),
    [text('role'), text(`role.${role}`)],
    [text('account.may'), text(`role.${role}.may`)],
  ] as const;
  return (
    <Panel title={text('account.who')}>
      <Facts facts={facts} />
    </Panel>
  );
}
