/** All exports, newest first; a new one is asked for here, and its file is had here until it expires. */
import { Button, Card, Group, Text } from '@mantine/core';
import { useDisclosure, useInterval } from '@mantine/hooks';
import { lazy, Suspense, useState } from 'react';
import { useFollowed } from '../../api/followed';
import { fetched } from '../../api/fetched';
import { Empty } from '../../components/empty';
import { Pager, usePlace } from '../../components/pager';
import { useMay } from '../../components/permissions';
import { Problem } from '../../components/problem';
import { Screen } from '../../components/screen';
import { Updated } from '../../components/updated';
import { useTexts } from '../../texts';
import { List } from './list';
import { EXPORTS } from './queries';

const SIZE = 25;
const CLOCK_MS = 30_000;

const NewExport = lazy(() => fetched(() => import('./new')).then((part) => ({ default: part.NewExport })));

export default function Page() {
  const text = useTexts();
  const mayMake = useMay('EXPORTS_WRITE');
  const [isOpen, { open, close }] = useDisclosure();
  const [now, setNow] = useState(() => Date.now());
  const [place, go] = usePlace(SIZE);
  const { data, error, again, age } = useFollowed(EXPORTS, place, ({ exports }) =>
    Boolean(exports?.nodes.some(({ status }) => status === 'RUNNING')),
  );
  // Nothing tells of files that have expired.
  useInterval(
    () => {
      setNow(Date.now());
    },
    CLOCK_MS,
    { autoInvoke: true },
  );
  const exports = data?.exports?.nodes;
  const begin = mayMake && <Button onClick={open}>{text('exports.new')}</Button>;
  return (
    <Screen title={text('exports.title')} aside={begin}>
      {error && !exports ? (
        <Problem error={error} onRetry={again} />
      ) : (
        <Card withBorder p={0} aria-busy={exports === undefined}>
          {exports?.length === 0 ? (
            <Empty>{text('exports.empty')}</Empty>
          ) : (
            <List rows={exports} now={now} isPaused={age.isPaused} />
          )}
        </Card>
      )}
      <Text size="sm" c="dimmed">
        {text('exports.hint')}
      </Text>
      <Group justify="space-between">
        <Updated {...age} />
        <Pager info={data?.exports?.pageInfo} size={SIZE} onGo={go} />
      </Group>
      <Suspense>
        {isOpen && (
          <NewExport
            isOpen
            onClose={close}
            onMade={() => {
              close();
              go({ first: SIZE });
              again();
            }}
          />
        )}
      </Suspense>
    </Screen>
  );
}
