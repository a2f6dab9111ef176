/** All customers: sorted, narrowed, chosen and changed many at once. What people type stays out of the address. */
import { Button, Card, Group, Text, TextInput } from '@mantine/core';
import {
  useDebouncedCallback,
  useDisclosure,
  useFocusWithin,
  useHover,
  useLocalStorage,
  useMergedRef,
} from '@mantine/hooks';
import type { RowSelectionState } from '@tanstack/react-table';
import { useState } from 'react';
import { Empty } from '../../components/empty';
import { ButtonLink } from '../../components/link';
import { Pager } from '../../components/pager';
import { useMay } from '../../components/permissions';
import { Problem } from '../../components/problem';
import { Screen } from '../../components/screen';
import { Updated } from '../../components/updated';
import { useTexts } from '../../texts';
import { ColumnChoice } from './column-choice';
import { columnsOf, USUAL } from './columns';
import { FilterDrawer, useNames } from './filter-drawer';
import { countOf, targetOf } from './filters';
import { FiltersShown } from './filters-shown';
import { useFollowing } from './following';
import { SIZE, stateOf, useList } from './list';
import { NewCustomer } from './new-customer';
import { OutcomeShown, SelectionBar, type Outcome } from './selection';
import { CustomersTable } from './table';
import { Views } from './views';

const TYPING_MS = 250;
const NOBODY = { ids: {}, isAll: false };

interface Selection {
  /** The list that was chosen from: in another one nobody is chosen. */
  of: string;
  ids: RowSelectionState;
  isAll: boolean;
}

export default function Page() {
  const text = useTexts();
  const list = useList();
  const [isMaking, making] = useDisclosure();
  const mayWrite = useMay('CUSTOMERS_WRITE');
  return (
    <Screen
      title={text('customers.title')}
      aside={
        <Group gap="xs">
          <Views
            views={list.views}
            chosen={list.chosen}
            state={useViewState(list)}
            onChoose={useChoose(list)}
            onChanged={list.lookForViews}
          />
          {mayWrite && <Button onClick={making.open}>{text('customers.new')}</Button>}
        </Group>
      }
    >
      <List list={list} />
      {isMaking && <NewCustomer onClose={making.close} />}
    </Screen>
  );
}

type ListState = ReturnType<typeof useList>;

function useColumns() {
  const [kept, keep] = useLocalStorage<unknown>({
    key: 'customers.columns',
    defaultValue: USUAL,
    getInitialValueInEffect: false,
  });
  return [columnsOf(kept), keep] as const;
}

function useViewState({ sort, filters, words }: ListState) {
  const [columns] = useColumns();
  return { columns, sort: sort ?? null, filters, tags: words.tags };
}

function useChoose({ choose }: ListState): ListState['choose'] {
  const [, keep] = useColumns();
  return (view) => {
    keep(view ? stateOf(view).columns : USUAL);
    choose(view);
  };
}

function List({ list }: { list: ListState }) {
  const text = useTexts();
  const { filters, words, found } = list;
  const [shown, show] = useColumns();
  const [isFiltering, filtering] = useDisclosure();
  const [kept, keep] = useState<Selection>({ of: list.key, ...NOBODY });
  const [outcome, setOutcome] = useState<Outcome | null>(null);
  const { audienceRule } = useNames(filters);
  const mayWrite = useMay('CUSTOMERS_WRITE');
  const mayExport = useMay('EXPORTS_WRITE');
  const mayUseRules = useMay('AUDIENCES_READ');
  const { ids, isAll } = kept.of === list.key ? kept : NOBODY;
  const select = (next: Partial<Omit<Selection, 'of'>>) => {
    keep({ of: list.key, ids, isAll, ...next });
  };
  const apply: ListState['apply'] = (...next) => {
    filtering.close();
    list.apply(...next);
  };
  const isNamed = mayUseRules && !words.search && (!filters.audience || audienceRule !== undefined);
  const count = countOf(filters, words);
  const chosen = Object.keys(ids);
  const [rows, isTouched] = useRows();
  // Rows do not move under a hand, and nobody is chosen whom one has not seen.
  const isHeld = isTouched || isAll || chosen.length > 0;
  const following = useFollowing(list.variables, found !== undefined && !list.isBusy, isHeld);
  return (
    <>
      <Group justify="space-between" gap="xs">
        <SearchField search={words.search} onSearch={list.search} />
        <Group gap="xs">
          <Button variant="default" onClick={filtering.open}>
            {count ? text('filters.open.count', { count }) : text('filters.open')}
          </Button>
          <ColumnChoice shown={shown} onChange={show} />
        </Group>
      </Group>
      <FiltersShown filters={filters} words={words} onApply={apply} />
      <FilterDrawer
        isOpen={isFiltering}
        filters={filters}
        words={words}
        onClose={filtering.close}
        onApply={apply}
      />
      <Group justify="space-between" gap="xs" mih={28}>
        <Group gap="xs" wrap="nowrap" miw={0}>
          <Text size="sm" c="dimmed" role="status" style={{ whiteSpace: 'nowrap' }}>
            {typeof found?.totalCount === 'number' && text('customers.count', { count: found.totalCount })}
          </Text>
          {/* On no line of its own: it comes while the rows hold still. */}
          <Group gap={4} wrap="nowrap" miw={0} role="status">
            {following.isBehind && isHeld && (
              <>
                <Text size="sm" truncate>
                  {text('customers.held')}
                </Text>
                <Text size="sm" visibleFrom="lg">
                  {text('customers.held.why')}
                </Text>
              </>
            )}
          </Group>
        </Group>
        {following.at !== null && (
          <Updated at={following.at} isPaused={following.isPaused} onPause={following.pause} />
        )}
      </Group>
      {(chosen.length > 0 || isAll) && (
        <SelectionBar
          ids={chosen}
          isAll={isAll}
          matching={found?.totalCount ?? null}
          everybody={isNamed ? targetOf(filters, words.tags, audienceRule) : null}
          onSelectAll={() => {
            select({ isAll: true });
          }}
          onClear={() => {
            select(NOBODY);
          }}
          onDone={(next) => {
            setOutcome(next);
            select(NOBODY);
            list.again();
          }}
        />
      )}
      {outcome && (
        <OutcomeShown
          key={outcome.kind === 'operation' ? outcome.operation.id : outcome.kind}
          outcome={outcome}
          onClose={() => {
            setOutcome(null);
          }}
        />
      )}
      {list.error && !found ? (
        <Problem error={list.error} onRetry={list.again} />
      ) : (
        <Card ref={rows} withBorder p={0} aria-busy={list.isBusy}>
          {found?.nodes.length === 0 ? (
            <Nobody list={list} isNarrowed={count > 0} />
          ) : (
            <CustomersTable
              customers={found?.nodes}
              shown={shown}
              sort={list.sort}
              selected={ids}
              isAll={isAll}
              onSelect={
                mayWrite || mayExport
                  ? (next) => {
                      select({ ids: next });
                    }
                  : null
              }
            />
          )}
        </Card>
      )}
      <Pager info={found?.pageInfo} size={SIZE} onGo={list.go} />
    </>
  );
}

/** Whether a pointer or the focus is at the rows. */
function useRows() {
  const { ref: hovering, hovered } = useHover<HTMLDivElement>();
  const { ref: focusing, focused } = useFocusWithin<HTMLDivElement>();
  return [useMergedRef(hovering, focusing), hovered || focused] as const;
}

function SearchField({ search, onSearch }: { search: string; onSearch: (typed: string) => void }) {
  const text = useTexts();
  const [typed, type] = useState(search);
  const ask = useDebouncedCallback(onSearch, TYPING_MS);
  return (
    <TextInput
      type="search"
      aria-label={text('customers.search')}
      placeholder={text('customers.search')}
      w={{ base: '100%', xs: 320 }}
      value={typed}
      onChange={(event) => {
        const { value } = event.currentTarget;
        type(value);
        ask(value.trim());
      }}
    />
  );
}

function Nobody({ list, isNarrowed }: { list: ListState; isNarrowed: boolean }) {
  const text = useTexts();
  if (isNarrowed)
    return (
      <Empty
        next={
          <Button
            variant="default"
            onClick={() => {
              list.apply({}, []);
            }}
          >
            {text('filters.clear')}
          </Button>
        }
      >
        {text('customers.empty.filtered')}
      </Empty>
    );
  if (list.words.search) return <Empty>{text('customers.empty.search')}</Empty>;
  return (
    <Empty next={<ButtonLink to="/imports/new">{text('customers.import')}</ButtonLink>}>
      {text('customers.empty')}
    </Empty>
  );
}
