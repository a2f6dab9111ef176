/** Whose values the preview fills in: somebody of the audience, chosen by typing, or the next one. */
import { Button, Group, Select } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { useEffect, useState } from 'react';
import { useQuery } from 'urql';
import { useTexts } from '../../texts';
import type { Person } from './previewing';
import { PEOPLE } from './queries';

const TYPING_MS = 250;

export function PersonChoice({
  audienceId,
  person,
  onChoose,
}: {
  audienceId: string | null;
  person: Person | null;
  onChoose: (person: Person | null) => void;
}) {
  const text = useTexts();
  const [typed, type] = useState('');
  const [debounced] = useDebouncedValue(typed.trim(), TYPING_MS);
  // What stands there because somebody was chosen is no search.
  const search = debounced === person?.label ? '' : debounced;
  const [{ data, fetching }] = useQuery({
    query: PEOPLE,
    variables: { filter: { audienceId, search: search || null } },
  });
  const people: Person[] = (data?.customers?.nodes ?? []).map(({ id, name, email, phone }) => ({
    id,
    label: name ?? email ?? phone ?? id,
  }));
  const first = people[0];
  const isOpening = person === null && first !== undefined;
  useEffect(() => {
    if (isOpening) onChoose(first);
  }, [isOpening, first, onChoose]);
  const shown = person && !people.some(({ id }) => id === person.id) ? [person, ...people] : people;
  const next = () => {
    const at = people.findIndex(({ id }) => id === person?.id);
    const following = people[(at + 1) % people.length];
    if (following) onChoose(following);
  };
  return (
    <Group gap="xs" wrap="nowrap" align="flex-end">
      <Select
        flex={1}
        size="xs"
        label={text('preview.person')}
        placeholder={text('preview.person.none')}
        searchable
        searchValue={typed}
        onSearchChange={type}
        filter={({ options }) => options}
        nothingFoundMessage={text(fetching ? 'editor.wait' : 'preview.nobody')}
        data={shown.map(({ id, label }) => ({ value: id, label }))}
        value={person?.id ?? null}
        onChange={(id) => {
          const chosen = shown.find((one) => one.id === id);
          if (chosen) onChoose(chosen);
        }}
      />
      <Button size="xs" variant="default" disabled={people.length < 2} onClick={next}>
        {text('preview.next')}
      </Button>
    </Group>
  );
}
