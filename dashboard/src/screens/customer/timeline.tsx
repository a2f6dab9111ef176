/** What happened with a customer, newest first, of the kinds that one asks for, as far back as one asks. */
import { Button, Chip, Group, Skeleton, Text, Timeline } from '@mantine/core';
import { useState } from 'react';
import { useQuery } from 'urql';
import { Moment } from '../../components/moment';
import { Panel } from '../../components/panel';
import { Problem } from '../../components/problem';
import type { TimelineKind } from '../../gql/graphql';
import { useTexts } from '../../texts';
import { TIMELINE } from './queries';

/** Those of which there are entries. */
const KINDS: readonly TimelineKind[] = ['ORDER', 'DELIVERY', 'CONSENT', 'CHANGE', 'MERGE'];
const COLORS: Partial<Record<TimelineKind, string>> = { ORDER: 'green', DELIVERY: 'blue', CONSENT: 'orange' };

export function Happened({ id }: { id: string }) {
  const text = useTexts();
  const [kinds, setKinds] = useState<TimelineKind[]>([]);
  return (
    <Panel title={text('timeline.title')} mih={400}>
      <Chip.Group multiple value={kinds} onChange={setKinds}>
        <Group gap={6} mb="md" role="group" aria-label={text('timeline.kinds')}>
          {KINDS.map((kind) => (
            <Chip key={kind} value={kind} size="xs">
              {text(`timeline.${kind}`)}
            </Chip>
          ))}
        </Group>
      </Chip.Group>
      <Pieces key={kinds.join()} id={id} kinds={kinds} />
    </Panel>
  );
}

function Pieces({ id, kinds }: { id: string; kinds: TimelineKind[] }) {
  const [cursors, setCursors] = useState<readonly (string | null)[]>([null]);
  return cursors.map((after, index) => (
    <Piece
      key={after ?? ''}
      id={id}
      kinds={kinds}
      after={after}
      isLast={index === cursors.length - 1}
      onMore={(cursor) => {
        setCursors([...cursors, cursor]);
      }}
    />
  ));
}

function Piece({
  id,
  kinds,
  after,
  isLast,
  onMore,
}: {
  id: string;
  kinds: TimelineKind[];
  after: string | null;
  isLast: boolean;
  onMore: (cursor: string) => void;
}) {
  const text = useTexts();
  const [{ data, error }, again] = useQuery({
    query: TIMELINE,
    variables: { id, after, kinds: kinds.length ? kinds : null },
  });
  const timeline = data?.customer?.timeline;
  if (error && !timeline)
    return (
      <Problem
        error={error}
        onRetry={() => {
          again({ requestPolicy: 'network-only' });
        }}
      />
    );
  if (!timeline) return <Skeleton height={340} />;
  const { endCursor, hasNextPage } = timeline.pageInfo;
  return (
    <>
      {after === null && timeline.nodes.length === 0 && (
        <Text size="sm" c="dimmed">
          {text(kinds.length ? 'timeline.empty.filtered' : 'timeline.empty')}
        </Text>
      )}
      <Timeline active={timeline.nodes.length} bulletSize={12} lineWidth={1} pb="md">
        {timeline.nodes.map((entry) => (
          <Timeline.Item
            key={entry.id}
            lineVariant="solid"
            color={COLORS[entry.kind] ?? 'gray'}
            title={
              <Text size="sm" style={{ overflowWrap: 'anywhere' }}>
                {entry.title}
              </Text>
            }
          >
            <Text size="xs" c="dimmed">
              <Moment at={entry.at} />
              {entry.actor && ` · ${entry.actor}`}
            </Text>
          </Timeline.Item>
        ))}
      </Timeline>
      {isLast && hasNextPage && endCursor && (
        <Button
          variant="default"
          size="xs"
          onClick={() => {
            onMore(endCursor);
          }}
        >
          {text('list.more')}
        </Button>
      )}
    </>
  );
}
