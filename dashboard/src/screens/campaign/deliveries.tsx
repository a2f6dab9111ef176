/** The deliveries of a campaign, narrowed by what the address says, and the one that is looked at. */
import { Group, Select, type SelectProps } from '@mantine/core';
import { memo } from 'react';
import { Panel } from '../../components/panel';
import { Problem } from '../../components/problem';
import { useTexts } from '../../texts';
import { Detail } from './detail';
import { changed, REASONS, STATUSES, type Filter, type Search } from './filters';
import { List } from './list';
import { useStream } from './stream';

export const Deliveries = memo(function Deliveries({
  id,
  search: { delivery, ...filter },
  variants,
  onSearch,
  isPaused,
}: {
  id: string;
  search: Search;
  /** The keys of the campaign's variants. */
  variants: readonly string[];
  onSearch: (search: Search) => void;
  isPaused: boolean;
}) {
  const text = useTexts();
  const stream = useStream(id, filter, isPaused);
  return (
    <Panel
      title={text('campaign.deliveries')}
      aside={<Filters filter={filter} variants={variants} onFilter={onSearch} />}
    >
      {stream.error ? (
        <Problem error={stream.error} onRetry={stream.readAgain} />
      ) : (
        <List
          key={[filter.status, filter.reason, filter.variant].join(' ')}
          stream={stream}
          isOpen={delivery !== undefined}
          isFiltered={Object.keys(filter).length > 0}
          onOpen={(opened) => {
            onSearch({ ...filter, delivery: opened });
          }}
        />
      )}
      <Detail
        id={delivery}
        onClose={() => {
          onSearch(filter);
        }}
      />
    </Panel>
  );
});

function Filters({
  filter,
  variants,
  onFilter,
}: {
  filter: Filter;
  variants: readonly string[];
  onFilter: (filter: Filter) => void;
}) {
  const text = useTexts();
  return (
    <Group gap="xs">
      <Choice
        w={140}
        label={text('delivery.status')}
        placeholder={text('list.all')}
        data={STATUSES.map((value) => ({ value, label: text(`status.${value}`) }))}
        value={filter.status}
        onPick={(status) => {
          onFilter(changed(filter, 'status', status));
        }}
      />
      <Choice
        w={200}
        label={text('delivery.reason')}
        placeholder={text('deliveries.reasons')}
        data={REASONS.map((value) => ({ value, label: text(`reason.${value}`) }))}
        value={filter.reason}
        onPick={(reason) => {
          onFilter(changed(filter, 'reason', reason));
        }}
      />
      {variants.length > 0 && (
        <Choice
          w={150}
          label={text('delivery.variant')}
          placeholder={text('deliveries.variants')}
          data={[...variants]}
          value={filter.variant}
          onPick={(variant) => {
            onFilter(changed(filter, 'variant', variant));
          }}
        />
      )}
    </Group>
  );
}

function Choice({
  label,
  value,
  onPick,
  ...props
}: {
  label: string;
  value: string | undefined;
  onPick: (value: string | null) => void;
} & Pick<SelectProps, 'data' | 'placeholder' | 'w'>) {
  const text = useTexts();
  return (
    <Select
      size="xs"
      aria-label={label}
      value={value ?? null}
      onChange={onPick}
      clearable
      clearButtonProps={{ 'aria-label': text('deliveries.unfilter', { name: label }) }}
      {...props}
    />
  );
}
