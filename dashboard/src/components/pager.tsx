/** Paging by cursors: to the next page and back, from wherever the list stands now. */
import { Button, Group } from '@mantine/core';
import { useEffect, useRef, useState } from 'react';
import { graphql } from '../gql';
import type { EndsFragment } from '../gql/graphql';
import { useTexts } from '../texts';

graphql(`
  fragment Ends on PageInfo {
    hasNextPage
    hasPreviousPage
    startCursor
    endCursor
  }
`);

export interface Place {
  first?: number;
  after?: string;
  last?: number;
  before?: string;
}

/** Where one is in the list; `key` names the list: another one begins at its first page. */
export function usePlace(size: number, key = ''): [Place, (place: Place) => void] {
  const [kept, keep] = useState<{ key: string; place: Place }>({ key, place: { first: size } });
  return [
    kept.key === key ? kept.place : { first: size },
    (place) => {
      keep({ key, place });
    },
  ];
}

export function Pager({
  info,
  size,
  onGo,
}: {
  info: EndsFragment | undefined;
  size: number;
  onGo: (place: Place) => void;
}) {
  const text = useTexts();
  const { startCursor, endCursor } = info ?? {};
  // The last one on a page is gone, and nothing on an empty page leads back.
  const isStranded = info !== undefined && !endCursor && (info.hasPreviousPage || info.hasNextPage);
  const wasStranded = useRef(false);
  useEffect(() => {
    if (isStranded && !wasStranded.current) onGo({ first: size });
    wasStranded.current = isStranded;
  }, [isStranded, onGo, size]);
  // Who pages back reads from a cursor, which there is nothing before of only at the beginning.
  if (!info || (!info.hasNextPage && !info.hasPreviousPage)) return null;
  return (
    <Group justify="flex-end" gap="xs">
      <Button
        variant="default"
        disabled={!info.hasPreviousPage || !startCursor}
        onClick={() => {
          if (startCursor) onGo({ last: size, before: startCursor });
        }}
      >
        {text('list.previous')}
      </Button>
      <Button
        variant="default"
        disabled={!info.hasNextPage || !endCursor}
        onClick={() => {
          if (endCursor) onGo({ first: size, after: endCursor });
        }}
      >
        {text('list.next')}
      </Button>
    </Group>
  );
}
