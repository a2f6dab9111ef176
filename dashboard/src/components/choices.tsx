/** Fields that offer what there is: groups, audiences, tags, found by the server as one types. */
import { Select, TagsInput, type SelectProps, type TagsInputProps } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { useState } from 'react';
import { useQuery } from 'urql';
import { graphql } from '../gql';
import { useTexts } from '../texts';

const TYPING_MS = 200;

const GROUPS = graphql(`
  query GroupChoices($search: String) {
    groups(search: $search, first: 50) {
      nodes {
        id
        name
      }
    }
  }
`);

const AUDIENCES = graphql(`
  query AudienceNames($search: String) {
    audiences(search: $search, first: 50) {
      nodes {
        id
        name
      }
    }
  }
`);

const AUDIENCE = graphql(`
  query AudienceName($id: ID!) {
    audience(id: $id) {
      id
      name
    }
  }
`);

const TAGS = graphql(`
  query TagChoices($search: String) {
    tags(search: $search, first: 20) {
      nodes {
        name
        count
      }
    }
  }
`);

interface Named {
  id: string;
  name: string;
}

type FieldProps = Omit<SelectProps, 'data' | 'value' | 'onChange' | 'searchable'>;

type ChoiceProps = FieldProps & {
  value: Named | null;
  onChange: (chosen: Named | null) => void;
};

export function GroupChoice(props: ChoiceProps) {
  const [typed, type] = useState('');
  const [{ data }] = useQuery({ query: GROUPS, variables: { search: useSearch(typed, props.value) } });
  return <Choice {...props} found={data?.groups?.nodes} typed={typed} onType={type} />;
}

/** The audience by its id, whose name it asks for by itself. */
export function AudienceChoice({
  value,
  onChange,
  ...props
}: FieldProps & { value: string | null; onChange: (id: string | null) => void }) {
  const [typed, type] = useState('');
  const [{ data: named }] = useQuery({
    query: AUDIENCE,
    variables: { id: value ?? '' },
    pause: value === null,
    requestPolicy: 'cache-first',
  });
  const chosen = named?.audience?.id === value ? (named.audience ?? null) : null;
  const [{ data }] = useQuery({ query: AUDIENCES, variables: { search: useSearch(typed, chosen) } });
  return (
    <Choice
      {...props}
      value={chosen}
      found={data?.audiences?.nodes}
      typed={typed}
      onType={type}
      onChange={(next) => {
        onChange(next?.id ?? null);
      }}
    />
  );
}

/** What is looked for: the name of what is chosen already is no search. */
function useSearch(typed: string, chosen: Named | null): string | null {
  const [settled] = useDebouncedValue(typed.trim(), TYPING_MS);
  return settled === '' || settled === chosen?.name ? null : settled;
}

function Choice({
  value,
  onChange,
  found,
  typed,
  onType,
  ...props
}: ChoiceProps & {
  found: readonly Named[] | undefined;
  typed: string;
  onType: (typed: string) => void;
}) {
  const text = useTexts();
  const known = [...(value ? [value] : []), ...(found?.filter(({ id }) => id !== value?.id) ?? [])];
  return (
    <Select
      clearable
      clearButtonProps={{ 'aria-label': text('choice.clear') }}
      nothingFoundMessage={text('choice.none')}
      {...props}
      searchable
      // The server has looked already, and finds more than what begins so.
      filter={({ options }) => options}
      searchValue={typed}
      onSearchChange={onType}
      data={known.map(({ id, name }) => ({ value: id, label: name }))}
      value={value?.id ?? null}
      onChange={(id) => {
        onChange(known.find((one) => one.id === id) ?? null);
      }}
    />
  );
}

export function TagsChoice(props: Omit<TagsInputProps, 'data'>) {
  const [typed, type] = useState('');
  const [settled] = useDebouncedValue(typed.trim(), TYPING_MS);
  const [{ data }] = useQuery({ query: TAGS, variables: { search: settled || null } });
  return (
    <TagsInput
      {...props}
      acceptValueOnBlur
      openOnFocus={false}
      searchValue={typed}
      onSearchChange={type}
      data={data?.tags?.nodes.map(({ name }) => name) ?? []}
    />
  );
}
