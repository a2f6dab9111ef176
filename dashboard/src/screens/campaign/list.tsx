/** A table that holds only the rows that are seen, and holds still while somebody reads it. */
import { Box, Button, Group, Skeleton, Stack, Text } from '@mantine/core';
import { useVirtualizer } from '@tanstack/react-virtual';
import { memo, useCallback, useEffect, useRef, type FocusEvent, type RefObject } from 'react';
import { useIntl } from 'react-intl';
import { Empty } from '../../components/empty';
import { useTexts } from '../../texts';
import classes from './deliveries.module.css';
import { MOST_ROWS, type Row } from './rows';
import { MOST_HELD, type Stream } from './stream';

const ROW_PX = 48;

export function List({
  stream,
  isFiltered,
  isOpen,
  onOpen,
}: {
  stream: Stream;
  isFiltered: boolean;
  /** One of them is looked at, and is to be found again after that. */
  isOpen: boolean;
  onOpen: (id: string) => void;
}) {
  const text = useTexts();
  const { rows, readMore } = stream;
  const viewport = useRef<HTMLDivElement>(null);
  const count = rows?.length ?? 0;
  const virtual = useVirtualizer({
    count,
    getScrollElement: () => viewport.current,
    estimateSize: () => ROW_PX,
    getItemKey: (index) => rows?.[index]?.id ?? index,
    overscan: 4,
  });
  const reading = useReading(viewport, stream, isOpen);
  const opening = useRef(onOpen);
  useEffect(() => {
    opening.current = onOpen;
  });
  const open = useCallback((id: string) => {
    opening.current(id);
  }, []);
  const seen = virtual.getVirtualItems();
  const last = seen.at(-1)?.index ?? 0;
  useEffect(() => {
    if (count > 0 && last >= count - 10) readMore();
  }, [count, last, readMore]);
  if (rows?.length === 0) return <Empty>{text(isFiltered ? 'deliveries.empty' : 'deliveries.none')}</Empty>;
  return (
    <Stack gap="xs">
      <Box
        ref={viewport}
        className={classes['viewport']}
        tabIndex={0}
        role="table"
        aria-label={text('campaign.deliveries')}
        aria-rowcount={count + 1}
        aria-busy={rows === null}
        {...reading}
      >
        <Headings />
        {rows === null && <Skeleton height={8 * ROW_PX} mt="xs" />}
        <div role="rowgroup" className={classes['rows']} style={{ height: virtual.getTotalSize() }}>
          {seen.map(({ index, key, start }) => {
            const row = rows?.[index];
            return row && <Line key={key} row={row} index={index} top={start} onOpen={open} />;
          })}
        </div>
      </Box>
      <Foot count={count} waiting={stream.waiting} viewport={viewport} />
    </Stack>
  );
}

/** Whether somebody reads: further down, with the pointer over it, with the focus within, or one of them. */
function useReading(viewport: RefObject<HTMLDivElement | null>, { setReading }: Stream, isOpen: boolean) {
  const state = useRef({ isDown: false, isOver: false, isFocused: false, isOpen });
  const tell = useCallback(
    (change: Partial<typeof state.current>) => {
      Object.assign(state.current, change);
      setReading(Object.values(state.current).some(Boolean));
    },
    [setReading],
  );
  useEffect(() => {
    tell({ isOpen });
  }, [tell, isOpen]);
  return {
    onScroll: () => {
      tell({ isDown: (viewport.current?.scrollTop ?? 0) >= ROW_PX });
    },
    onPointerEnter: () => {
      tell({ isOver: true });
    },
    onPointerLeave: () => {
      tell({ isOver: false });
    },
    onFocus: (event: FocusEvent) => {
      tell({ isFocused: event.target !== viewport.current });
    },
    onBlur: () => {
      tell({ isFocused: false });
    },
  };
}

function Foot({
  count,
  waiting,
  viewport,
}: {
  count: number;
  waiting: number;
  viewport: RefObject<HTMLDivElement | null>;
}) {
  const text = useTexts();
  return (
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
          {waiting >= MOST_HELD
            ? text('deliveries.waiting.many', { count: MOST_HELD })
            : text('deliveries.waiting', { count: waiting })}
        </Button>
      )}
    </Group>
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

/** Plain elements: hundreds of these come and go each second. */
const Line = memo(function Line({
  row,
  index,
  top,
  onOpen,
}: {
  row: Row;
  index: number;
  top: number;
  onOpen: (id: string) => void;
}) {
  const text = useTexts();
  const intl = useIntl();
  return (
    <div
      role="row"
      aria-rowindex={index + 2}
      className={classes['line']}
      style={{ height: ROW_PX, transform: `translateY(${top}px)` }}
    >
      <div role="cell" className={classes['cell']}>
        <button
          type="button"
          className={classes['open']}
          onClick={() => {
            onOpen(row.id);
          }}
        >
          {row.customer?.name ?? row.address ?? text('delivery.erased')}
        </button>
        <div className={classes['under']}>
          {row.variantKey && <span className={classes['variant']}>{row.variantKey}</span>}
          {row.address ?? '–'}
        </div>
      </div>
      <div role="cell" className={classes['state']} data-status={row.status}>
        {text(`status.${row.status}`)}
      </div>
      <div role="cell" className={classes['reason']}>
        {row.reason && text(`reason.${row.reason}`)}
        {row.reasonText && <div className={classes['under']}>{row.reasonText}</div>}
      </div>
      <div role="cell" className={classes['time']}>
        <time dateTime={row.updatedAt}>{intl.formatTime(row.updatedAt, { timeStyle: 'medium' })}</time>
      </div>
    </div>
  );
});
