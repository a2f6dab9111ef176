/** What happened with a customer, newest first, and further back as far as one asks. */
import { Button, Skeleton, Text, Timeline } from '@mantine/core';
import { useState } from 'react';
import { useQuery } from 'urql';
import { Moment } from '../../components/moment';
import { Panel } from '../../components/panel';
import { Problem } from '../../components/problem';
import type { TimelineKind } from '../../gql/graphql';
import { useTexts } from '../../texts';
import { TIMELINE } from './queries';

const COLORS: Partial<Record<TimelineKind, string>> = { ORDER: 'green', DELIVERY: 'blue', CONSENT: 'orange' };

export function Happened({ id }: { id: string }) {
  const text = useTexts();
  const [cursors, setCursors] = useState<readonly (string | null)[]>([null]);
  return (
    <Panel title={text('timeline.title')} mih={400}>
      {cursors.map((after, index) => (
        <Piece
          key={after ?? ''}
          id={id}
          after={after}
          isLast={index === cursors.length - 1}
          onMore={(cursor) => {
            setCursors([...cursors, cursor]);
          }}
        />
      ))}
    </Panel>
  );
}

function Piece({
  id,
  after,
  isLast,
  onMore,
}: {
  id: string;
  after: string | null;
  isLast: boolean;
  onMore: (cursor: string) => void;
}) {
  const text = useTexts();
  const [{ data, error }, again] = useQuery({ query: TIMELINE, variables: { id, after } });
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
      {after === null && timeline.nodes.length === 0 && <Text c="dimmed">{text('timeline.empty')}</Text>}
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
