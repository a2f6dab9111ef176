/** All exports, newest first; a new one is asked for here, and its file is had here until it expires. */
import { Button, Card, Text } from '@mantine/core';
import { useDisclosure, useInterval } from '@mantine/hooks';
import { lazy, Suspense, useState } from 'react';
import { useQuery } from 'urql';
import { fetched } from '../../api/fetched';
import { Empty } from '../../components/empty';
import { Pager, usePlace } from '../../components/pager';
import { useMay } from '../../components/permissions';
import { Problem } from '../../components/problem';
import { Screen } from '../../components/screen';
import { useTexts } from '../../texts';
import { List } from './list';
import { EXPORTS } from './queries';

const SIZE = 25;
const AGAIN_MS = 10_000;

const NewExport = lazy(() => fetched(() => import('./new')).then((part) => ({ default: part.NewExport })));

export default function Page() {
  const text = useTexts();
  const mayMake = useMay('EXPORTS_WRITE');
  const [isOpen, { open, close }] = useDisclosure();
  const [now, setNow] = useState(() => Date.now());
  const [place, go] = usePlace(SIZE);
  const [{ data, error }, again] = useQuery({ query: EXPORTS, variables: place });
  const readAgain = () => {
    again({ requestPolicy: 'network-only' });
  };
  // Nothing tells of exports that others begin, nor of files that have expired.
  useInterval(
    () => {
      setNow(Date.now());
      readAgain();
    },
    AGAIN_MS,
    { autoInvoke: true },
  );
  const exports = data?.exports?.nodes;
  const begin = mayMake && <Button onClick={open}>{text('exports.new')}</Button>;
  return (
    <Screen title={text('exports.title')} aside={begin}>
      {error && !exports ? (
        <Problem error={error} onRetry={readAgain} />
      ) : (
        <Card withBorder p={0} aria-busy={exports === undefined}>
          {exports?.length === 0 ? <Empty>{text('exports.empty')}</Empty> : <List rows={exports} now={now} />}
        </Card>
      )}
      <Text size="sm" c="dimmed">
        {text('exports.hint')}
      </Text>
      <Pager info={data?.exports?.pageInfo} size={SIZE} onGo={go} />
      <Suspense>
        {isOpen && (
          <NewExport
            isOpen
            onClose={close}
            onMade={() => {
              close();
              go({ first: SIZE });
              readAgain();
            }}
          />
        )}
      </Suspense>
    </Screen>
  );
}
