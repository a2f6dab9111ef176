/** What the customers' list is asked, and what it answers; the words of people are kept beside the address. */
import { useLocation, useNavigate, useSearch } from '@tanstack/react-router';
import { useState } from 'react';
import { useQuery } from 'urql';
import { usePlace } from '../../components/pager';
import { columnsOf } from './columns';
import { filterOf, filtersOf, type Filters, type Words } from './filters';
import { CUSTOMERS, VIEWS } from './queries';
import { sortOf, SORTS } from './sorts';
import type { View, ViewState } from './views';

export const SIZE = 25;

declare module '@tanstack/history' {
  interface HistoryState {
    /** What the customers' list is searched for: of this step in the browser's history, in no address. */
    words?: Words;
  }
}

/** What a view keeps, of whatever stands in it. */
export function stateOf(view: View): ViewState {
  const kept = (view.state ?? {}) as Partial<Record<string, unknown>>;
  const tags = kept['tags'];
  return {
    columns: columnsOf(kept['columns']),
    sort: SORTS.find((one) => one === kept['sort']) ?? null,
    filters: filtersOf((kept['filters'] ?? {}) as Record<string, unknown>),
    tags: Array.isArray(tags) ? tags.filter((tag) => typeof tag === 'string') : [],
  };
}

export function useList() {
  const navigate = useNavigate({ from: '/customers' });
  const { sort, view, ...filters } = useSearch({ from: '/customers' });
  const given = useLocation({ select: ({ state }) => state.words });
  const [{ data: kept, fetching: isLooking }, lookAgain] = useQuery({ query: VIEWS });
  const chosen = view === undefined ? undefined : kept?.savedViews?.find(({ id }) => id === view);
  const words: Words = given ?? { search: '', tags: chosen ? stateOf(chosen).tags : [] };
  const filter = filterOf(filters, words);
  const key = JSON.stringify([sort, filter]);
  const [place, go] = usePlace(SIZE, key);
  const variables = { ...place, sort: sortOf(sort), filter };
  const [{ data, error, stale, fetching }, again] = useQuery({
    query: CUSTOMERS,
    variables,
    // Of a view that somebody was given the address of, the tags are not known yet.
    pause: view !== undefined && given === undefined && kept === undefined && isLooking,
  });
  // What is shown stays when reading it again fails.
  const question = JSON.stringify(variables);
  const [last, keep] = useState({ question, data });
  if (data && (last.data !== data || last.question !== question)) keep({ question, data });
  const found = (data ?? (last.question === question ? last.data : undefined))?.customers;
  return {
    sort,
    variables,
    filters,
    words,
    /** Names what is listed, whatever its order. */
    key: JSON.stringify(filter),
    found,
    error,
    isBusy: stale || fetching,
    again: () => {
      again({ requestPolicy: 'network-only' });
    },
    go,
    views: kept?.savedViews ?? undefined,
    chosen,
    lookForViews: () => {
      lookAgain({ requestPolicy: 'network-only' });
    },
    search: (typed: string) => {
      void navigate({ search: true, state: { words: { ...words, search: typed } }, replace: true });
    },
    apply: (next: Filters, tags: readonly string[]) => {
      const search = { ...next, ...(sort && { sort }), ...(view && { view }) };
      void navigate({ search, state: { words: { ...words, tags } } });
    },
    choose: (next: View | null) => {
      const state = next && stateOf(next);
      void navigate({
        search: next ? { ...state?.filters, ...(state?.sort && { sort: state.sort }), view: next.id } : {},
        state: { words: { ...words, tags: state?.tags ?? [] } },
      });
    },
  };
}
