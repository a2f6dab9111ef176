/** What the list is narrowed to, each to be taken away by itself. */
import { Button, Group, Pill } from '@mantine/core';
import { useIntl } from 'react-intl';
import { useCountryName } from '../../components/countries';
import { useMoney } from '../../components/money';
import { useTexts } from '../../texts';
import { useNames } from './filter-drawer';
import type { Filters, Words } from './filters';

type Without = readonly (keyof Filters)[];

export function FiltersShown({
  filters,
  words: { tags },
  onApply,
}: {
  filters: Filters;
  words: Words;
  onApply: (filters: Filters, tags: readonly string[]) => void;
}) {
  const text = useTexts();
  const parts = useParts(filters);
  if (parts.length === 0 && tags.length === 0) return null;
  return (
    <Group gap={6} role="group" aria-label={text('filters.title')}>
      {tags.map((tag) => (
        <Removable
          key={`tag ${tag}`}
          label={text('filters.shown.tag', { tag })}
          onRemove={() => {
            onApply(
              filters,
              tags.filter((one) => one !== tag),
            );
          }}
        />
      ))}
      {parts.map(([label, without]) => (
        <Removable
          key={without[0]}
          label={label}
          onRemove={() => {
            const rest = Object.entries(filters).filter(([name]) => !without.includes(name as keyof Filters));
            onApply(Object.fromEntries(rest), tags);
          }}
        />
      ))}
      <Button
        variant="subtle"
        size="compact-sm"
        onClick={() => {
          onApply({}, []);
        }}
      >
        {text('filters.clear')}
      </Button>
    </Group>
  );
}

function Removable({ label, onRemove }: { label: string; onRemove: () => void }) {
  const text = useTexts();
  return (
    <Pill
      size="md"
      withRemoveButton
      onRemove={onRemove}
      removeButtonProps={{
        'aria-label': text('filters.remove', { filter: label }),
        'aria-hidden': false,
        tabIndex: 0,
      }}
    >
      {label}
    </Pill>
  );
}

function useParts(filters: Filters): [string, Without][] {
  const text = useTexts();
  const money = useMoney();
  const intl = useIntl();
  const nameOf = useCountryName();
  const { group, audience } = useNames(filters);
  const { country, spendFrom, spendTo, visitsFrom, visitsTo, lastVisit } = filters;
  const range = (from: number | undefined, to: number | undefined, shown: (value: number) => string) =>
    from === undefined
      ? `≤ ${shown(to ?? 0)}`
      : to === undefined
        ? `≥ ${shown(from)}`
        : `${shown(from)} – ${shown(to)}`;
  const parts: [string, Without][] = [];
  if (group) parts.push([text('filters.shown.group', { name: group.name }), ['group']]);
  if (audience) parts.push([text('filters.shown.audience', { name: audience.name }), ['audience']]);
  if (country) parts.push([nameOf(country), ['country']]);
  if (spendFrom !== undefined || spendTo !== undefined)
    parts.push([`${text('customers.spend')} ${range(spendFrom, spendTo, money)}`, ['spendFrom', 'spendTo']]);
  if (visitsFrom !== undefined || visitsTo !== undefined)
    parts.push([
      `${text('customers.visits')} ${range(visitsFrom, visitsTo, (value) => intl.formatNumber(value))}`,
      ['visitsFrom', 'visitsTo'],
    ]);
  if (lastVisit) parts.push([text(`filters.lastVisit.${lastVisit}`), ['lastVisit']]);
  return parts;
}
