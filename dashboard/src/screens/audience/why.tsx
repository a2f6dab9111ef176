/** Why a person is in or out of the rule as it is now; each condition in the builder is marked by it. */
import { Badge, Button, Group, Select, Stack, Text } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { useState } from 'react';
import { useQuery } from 'urql';
import { Errors } from '../../components/errors';
import { Panel } from '../../components/panel';
import { useMay } from '../../components/permissions';
import type { AudienceExplainQuery } from '../../gql/graphql';
import { useTexts } from '../../texts';
import type { Answer } from './editing';
import { PEOPLE } from './queries';

const TYPING_MS = 250;

export interface Person {
  id: string;
  name: string;
}

interface Props {
  explanation: Answer<AudienceExplainQuery>;
  person: Person | null;
  onChoose: (person: Person | null) => void;
}

export function Why({ explanation, person, onChoose }: Props) {
  const text = useTexts();
  const found = explanation.data?.audienceExplain;
  if (!useMay('CUSTOMERS_READ')) return null;
  return (
    <Panel title={text('why.title')}>
      <Stack gap="sm">
        <PersonSelect person={person} onChoose={onChoose} />
        <Stack gap="xs" role="status" align="flex-start" aria-busy={explanation.isOld}>
          {explanation.error && <Errors errors={[{ path: [], message: explanation.error.message }]} />}
          {person && typeof found?.matches === 'boolean' && (
            <>
              <Badge color={found.matches ? 'green' : 'red'} variant="dot" tt="none" size="lg">
                {text(found.matches ? 'why.in' : 'why.out')}
              </Badge>
              <Text size="sm" style={{ overflowWrap: 'anywhere' }}>
                {found.text}
              </Text>
            </>
          )}
        </Stack>
        {person && (
          <Group>
            <Button
              size="compact-sm"
              variant="default"
              onClick={() => {
                onChoose(null);
              }}
            >
              {text('why.clear')}
            </Button>
          </Group>
        )}
      </Stack>
    </Panel>
  );
}

function PersonSelect({ person, onChoose }: Omit<Props, 'explanation'>) {
  const text = useTexts();
  const [typed, type] = useState('');
  const [search] = useDebouncedValue(typed.trim(), TYPING_MS);
  const isSearched = search !== '' && search !== person?.name;
  const [{ data, fetching }] = useQuery({ query: PEOPLE, variables: { search }, pause: !isSearched });
  const people = (isSearched ? data?.customers?.nodes : undefined) ?? [];
  const named = people.map(({ id, name, externalId, email }) => ({
    value: id,
    name: name ?? externalId,
    label: [name ?? externalId, email].filter(Boolean).join(' · '),
  }));
  const chosen = person && { value: person.id, name: person.name, label: person.name };
  const isListed = named.some((one) => one.value === person?.id);
  return (
    <Select
      label={text('why.person')}
      placeholder={text('why.search')}
      searchable
      filter={({ options }) => options}
      nothingFoundMessage={isSearched && !fetching ? text('why.nobody') : undefined}
      data={chosen && !isListed ? [chosen, ...named] : named}
      value={person?.id ?? null}
      onSearchChange={type}
      onChange={(id) => {
        const found = named.find((one) => one.value === id);
        if (found) onChoose({ id: found.value, name: found.label });
      }}
    />
  );
}
