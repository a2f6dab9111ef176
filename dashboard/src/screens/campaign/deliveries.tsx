/** The deliveries of a campaign in a table that holds only the rows that are seen. */
import { Box, Button, Group, Select, Skeleton, Stack, Text } from '@mantine/core';
import { useVirtualizer } from '@tanstack/react-virtual';
import { useEffect, useRef } from 'react';
import { useIntl } from 'react-intl';
import { Empty } from '../../components/empty';
import { TextLink } from '../../components/link';
import { Panel } from '../../components/panel';
import { Problem } from '../../components/problem';
import { Status } from '../../components/status';
import type { DeliveryStatus } from '../../gql/graphql';
import { useTexts } from '../../texts';
import classes from './deliveries.module.css';
import { MOST_ROWS, type Filter, type Row } from './rows';
import { useStream, type Stream } from './stream';

const ROW_PX = 48;
const STATUSES: readonly DeliveryStatus[] = ['QUEUED', 'SENT', 'DELIVERED', 'FAILED', 'SKIPPED'];

export function Deliveries({
  id,
  filter,
  onFilter,
  isPaused,
}: {
  id: string;
  filter: Filter;
  onFilter: (filter: Filter) => void;
  isPaused: boolean;
}) {
  const text = useTexts();
  const stream = useStream(id, filter, isPaused);
  return (
    <Panel title={text('campaign.deliveries')} aside={<Filters filter={filter} onFilter={onFilter} />}>
      {stream.error ? (
        <Problem error={stream.error} onRetry={stream.readAgain} />
      ) : (
        <List key={`${filter.status ?? ''} ${filter.reason ?? ''}`} stream={stream} />
      )}
    </Panel>
  );
}

function Filters({ filter, onFilter }: { filter: Filter; onFilter: (filter: Filter) => void }) {
  const text = useTexts();
  return (
    <Group gap="xs">
      {filter.reason && (
        <Button
          size="xs"
          variant="light"
          onClick={() => {
            onFilter({ ...filter, reason: null });
          }}
        >
          {text(`reason.${filter.reason}`)} <span aria-hidden>&nbsp;×</span>
        </Button>
      )}
      <Select
        size="xs"
        w={150}
        aria-label={text('delivery.status')}
        placeholder={text('list.all')}
        clearable
        clearButtonProps={{ 'aria-label': text('list.all') }}
        data={STATUSES.map((value) => ({ value, label: text(`status.${value}`) }))}
        value={filter.status}
        onChange={(value) => {
          onFilter({ reason: null, status: value });
        }}
      />
    </Group>
  );
}

function List({ stream }: { stream: Stream }) {
  const text = useTexts();
  const { rows, waiting, setAtTop, readMore } = stream;
  const viewport = useRef<HTMLDivElement>(null);
  const count = rows?.length ?? 0;
  const virtual = useVirtualizer({
    count,
    getScrollElement: () => viewport.current,
    estimateSize: () => ROW_PX,
    getItemKey: (index) => rows?.[index]?.id ?? index,
    overscan: 8,
  });
  const seen = virtual.getVirtualItems();
  const last = seen.at(-1)?.index ?? 0;
  useEffect(() => {
    if (count > 0 && last >= count - 10) readMore();
  }, [count, last, readMore]);
  if (rows?.length === 0) return <Empty>{text('deliveries.empty')}</Empty>;
  return (
    <Stack gap="xs">
      <Box
        ref={viewport}
        className={classes['viewport']}
        tabIndex={0}
        role="table"
        aria-label={text('campaign.deliveries')}
        aria-rowcount={count + 1}
        onScroll={(event) => {
          setAtTop(event.currentTarget.scrollTop < ROW_PX);
        }}
      >
        <Headings />
        {rows === null && <Skeleton height={8 * ROW_PX} mt="xs" />}
        <div role="rowgroup" style={{ height: virtual.getTotalSize(), position: 'relative' }}>
          {seen.map(({ index, key, start }) => {
            const row = rows?.[index];
            return row && <Line key={key} row={row} index={index} top={start} />;
          })}
        </div>
      </Box>
      <Group justify="space-between" mih={30}>
        <Text size="xs" c="dimmed">
          {count >= MOST_ROWS && text('deliveries.most', { count: MOST_ROWS })}
        </Text>
        {waiting > 0 && (
          <Button
            size="compact-sm"
            onClick={() => {
              viewport.current?.scrollTo({ top: 0 });
            }}
          >
            {text('deliveries.waiting', { count: waiting })}
          </Button>
        )}
      </Group>
    </Stack>
  );
}

function Headings() {
  const text = useTexts();
  return (
    <div role="rowgroup" className={classes['headings']}>
      <div role="row" aria-rowindex={1} className={classes['row']}>
        <div role="columnheader">{text('delivery.customer')}</div>
        <div role="columnheader">{text('delivery.status')}</div>
        <div role="columnheader" className={classes['wide']}>
          {text('delivery.reason')}
        </div>
        <div role="columnheader" className={classes['time']}>
          {text('delivery.at')}
        </div>
      </div>
    </div>
  );
}

function Line({ row, index, top }: { row: Row; index: number; top: number }) {
  const text = useTexts();
  const intl = useIntl();
  const name = row.customer?.name ?? row.address ?? '–';
  return (
    <div
      role="row"
      aria-rowindex={index + 2}
      className={classes['row']}
      style={{ position: 'absolute', insetInline: 0, height: ROW_PX, transform: `translateY(${top}px)` }}
    >
      <div role="cell" className={classes['cell']}>
        {row.customer ? (
          <TextLink
            size="sm"
            display="block"
            truncate
            to="/customers/$id"
            params={{ id: row.customer.id }}
            preload={false}
          >
            {name}
          </TextLink>
        ) : (
          name
        )}
        <Text size="xs" c="dimmed" truncate>
          {row.address ?? '–'}
        </Text>
      </div>
      <div role="cell">
        <Status status={row.status} />
      </div>
      <div role="cell" className={`${classes['wide'] ?? ''} ${classes['cell'] ?? ''}`}>
        {row.reason && text(`reason.${row.reason}`)}
        {row.reasonText && (
          <Text size="xs" c="dimmed" truncate>
            {row.reasonText}
          </Text>
        )}
      </div>
      <div role="cell" className={classes['time']}>
        <time dateTime={row.updatedAt}>{intl.formatTime(row.updatedAt, { timeStyle: 'medium' })}</time>
      </div>
    </div>
  );
}
