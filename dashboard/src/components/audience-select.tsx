/** One of the audiences, found by typing. */
import { Select } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { useState, type ReactNode } from 'react';
import { useQuery } from 'urql';
import { graphql } from '../gql';
import { useTexts } from '../texts';

const TYPING_MS = 250;

const AUDIENCES = graphql(`
  query AudienceChoices($search: String) {
    audiences(first: 20, search: $search) {
      nodes {
        id
        name
      }
    }
  }
`);

const CHOSEN = graphql(`
  query AudienceChoice($id: ID!) {
    audience(id: $id) {
      id
      name
    }
  }
`);

export function AudienceSelect({
  id,
  value = null,
  error,
  onChange,
}: {
  id?: string;
  value?: string | null;
  error?: ReactNode;
  onChange?: (id: string | null) => void;
}) {
  const text = useTexts();
  const [typed, type] = useState('');
  const [search] = useDebouncedValue(typed.trim(), TYPING_MS);
  const [{ data: chosen }] = useQuery({
    query: CHOSEN,
    variables: { id: value ?? '' },
    pause: value === null,
    requestPolicy: 'cache-first',
  });
  // What stands there because it was chosen is no search.
  const isSearch = search !== '' && search !== chosen?.audience?.name;
  const [{ data, fetching }] = useQuery({
    query: AUDIENCES,
    variables: { search: isSearch ? search : null },
  });
  const found = [...(data?.audiences?.nodes ?? [])];
  if (value !== null && chosen?.audience && !found.some((one) => one.id === value))
    found.unshift(chosen.audience);
  return (
    <Select
      {...(id && { id })}
      label={text('editor.audience')}
      placeholder={text('editor.audience.choose')}
      searchable
      allowDeselect={false}
      searchValue={typed}
      onSearchChange={type}
      filter={({ options }) => options}
      nothingFoundMessage={text(fetching ? 'editor.wait' : 'editor.audience.none')}
      data={found.map((one) => ({ value: one.id, label: one.name }))}
      value={value}
      error={error}
      {...(onChange && { onChange })}
    />
  );
}
