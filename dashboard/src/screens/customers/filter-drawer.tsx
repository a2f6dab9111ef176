/** Filters of the customers' list, changed together and then asked for at once. */
import { Button, Drawer, Group, NumberInput, Select, Stack } from '@mantine/core';
import { useState, type SyntheticEvent } from 'react';
import { useQuery } from 'urql';
import { AudienceChoice, GroupChoice, TagsChoice } from '../../components/choices';
import { useCountries } from '../../components/countries';
import { useMay } from '../../components/permissions';
import { useTexts } from '../../texts';
import { LAST_VISITS, type Filters, type LastVisit, type Words } from './filters';
import { FILTER_NAMES } from './queries';

interface Props {
  isOpen: boolean;
  filters: Filters;
  words: Words;
  onClose: () => void;
  onApply: (filters: Filters, tags: readonly string[]) => void;
}

export function FilterDrawer({ isOpen, onClose, ...props }: Props) {
  const text = useTexts();
  return (
    <Drawer
      opened={isOpen}
      onClose={onClose}
      position="right"
      title={text('filters.title')}
      closeButtonProps={{ 'aria-label': text('confirm.close') }}
    >
      <Form {...props} />
    </Drawer>
  );
}

function Form({ filters, words, onApply }: Omit<Props, 'isOpen' | 'onClose'>) {
  const text = useTexts();
  const [draft, setDraft] = useState(filters);
  const [tags, setTags] = useState<readonly string[]>(words.tags);
  const countries = useCountries();
  const { group } = useNames(draft);
  const mayUseAudiences = useMay('AUDIENCES_READ');
  const set = (changed: { [Name in keyof Filters]?: Filters[Name] | undefined }) => {
    const next = Object.entries({ ...draft, ...changed }).filter(([, value]) => value !== undefined);
    setDraft(Object.fromEntries(next));
  };
  const submit = (event: SyntheticEvent) => {
    event.preventDefault();
    onApply(draft, tags);
  };
  return (
    <form onSubmit={submit} noValidate>
      <Stack>
        <TagsChoice
          label={text('customers.tags')}
          description={text('filters.tags.hint')}
          clearable
          clearButtonProps={{ 'aria-label': text('choice.clear') }}
          value={[...tags]}
          onChange={setTags}
        />
        <GroupChoice
          label={text('filters.group')}
          value={group}
          onChange={(chosen) => {
            set({ group: chosen?.id });
          }}
        />
        {mayUseAudiences && (
          <>
            <AudienceChoice
              label={text('filters.audience')}
              value={draft.audience ?? null}
              onChange={(audience) => {
                set({ audience: audience ?? undefined });
              }}
            />
            <Select
              label={text('customers.country')}
              searchable
              clearable
              clearButtonProps={{ 'aria-label': text('choice.clear') }}
              nothingFoundMessage={text('choice.none')}
              data={countries}
              value={draft.country ?? null}
              onChange={(country) => {
                set({ country: country ?? undefined });
              }}
            />
            <Range name="spend" draft={draft} onChange={set} />
            <Range name="visits" draft={draft} onChange={set} />
            <Select
              label={text('customers.lastVisit')}
              clearable
              clearButtonProps={{ 'aria-label': text('choice.clear') }}
              data={(Object.keys(LAST_VISITS) as LastVisit[]).map((value) => ({
                value,
                label: text(`filters.lastVisit.${value}`),
              }))}
              value={draft.lastVisit ?? null}
              onChange={(value) => {
                set({ lastVisit: value ?? undefined });
              }}
            />
          </>
        )}
        <Group justify="flex-end">
          <Button
            variant="default"
            onClick={() => {
              onApply({}, []);
            }}
          >
            {text('filters.clear')}
          </Button>
          <Button type="submit">{text('filters.apply')}</Button>
        </Group>
      </Stack>
    </form>
  );
}

function Range({
  name,
  draft,
  onChange,
}: {
  name: 'spend' | 'visits';
  draft: Filters;
  onChange: (changed: { [Name in keyof Filters]?: Filters[Name] | undefined }) => void;
}) {
  const text = useTexts();
  return (
    <Group grow>
      {(['From', 'To'] as const).map((end) => (
        <NumberInput
          key={end}
          label={text(`filters.${name}${end}`)}
          hideControls
          min={0}
          allowDecimal={name === 'spend'}
          value={draft[`${name}${end}`] ?? ''}
          onChange={(value) => {
            onChange({ [`${name}${end}`]: typeof value === 'number' ? value : undefined });
          }}
        />
      ))}
    </Group>
  );
}

/** What the group and the audience are called whose ids the address holds. */
export function useNames({ group, audience }: Filters) {
  const [{ data }] = useQuery({
    query: FILTER_NAMES,
    variables: {
      group: group ?? '',
      audience: audience ?? '',
      withGroup: group !== undefined,
      withAudience: audience !== undefined,
    },
    pause: group === undefined && audience === undefined,
  });
  return {
    group: group === undefined ? null : { id: group, name: data?.group?.name ?? '…' },
    audience: audience === undefined ? null : { id: audience, name: data?.audience?.name ?? '…' },
    audienceRule: audience === undefined ? undefined : data?.audience?.rule,
  };
}
