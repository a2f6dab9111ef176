/** Mappings that are kept for files that come again: one is chosen, what is shown is kept. */
import { Group, Select, Stack, Text } from '@mantine/core';
import { useState } from 'react';
import { useQuery } from 'urql';
import { useAgain } from '../../api/again';
import { useChange } from '../../api/change';
import { Keeping } from '../../components/keeping';
import { useSaid } from '../../components/said';
import type {
  ImportColumn,
  ImportMappingSaveInput,
  IngestionKind,
  KeptMappingFragment,
} from '../../gql/graphql';
import { useTexts } from '../../texts';
import type { Asked } from './asked';
import { askedBy, keptOf, nothingKept } from './kept';
import { IMPORT_MAPPINGS, MAPPING_DELETE, MAPPING_SAVE } from './queries';

interface Props {
  kind: IngestionKind;
  asked: Asked;
  columns: readonly ImportColumn[];
  onAsk: (change: Partial<Asked>) => void;
}

interface Chosen {
  id: string;
  /** Its columns that the file has not. */
  missing: readonly string[];
}

export function Mappings({ kind, asked, columns, onAsk }: Props) {
  const text = useTexts();
  const [{ data }] = useQuery({ query: IMPORT_MAPPINGS, variables: { kind } });
  const [chosen, choose] = useState<Chosen | null>(null);
  const { said, say } = useSaid();
  const mappings = data?.importMappings ?? [];
  const mapping = mappings.find(({ id }) => id === chosen?.id);
  const { isBusy, errors, clear, save, remove } = useKeeping(kind, say, choose);
  const shown = () => keptOf(asked, columns);

  const take = (id: string | null) => {
    const taken = mappings.find((one) => one.id === id);
    if (!taken) {
      choose(null);
      onAsk(nothingKept());
      return;
    }
    const { change, missing } = askedBy(
      taken,
      columns.map(({ column }) => column),
    );
    choose({ id: taken.id, missing });
    onAsk(change);
    say(text('newImport.kept.applied', { name: taken.name }));
  };
  return (
    <Stack gap={6}>
      <Group align="flex-end" gap="sm">
        <Select
          label={text('newImport.kept')}
          placeholder={text('newImport.kept.none')}
          flex="0 1 320px"
          clearable
          clearButtonProps={{ 'aria-label': text('newImport.kept.none') }}
          disabled={mappings.length === 0}
          data={mappings.map(({ id, name }) => ({ value: id, label: name }))}
          value={mapping?.id ?? null}
          onChange={take}
        />
        <Keeping
          words={{
            menu: text('newImport.kept.menu'),
            new: text('newImport.kept.new'),
            hint: text('newImport.kept.hint'),
            delete: text('newImport.kept.delete'),
            sure: text('newImport.kept.delete.sure'),
          }}
          chosen={mapping?.name}
          mayKeep
          isChanged
          isBusy={isBusy}
          errors={errors}
          onClear={clear}
          onNew={(name) => save({ name, ...shown() })}
          onRename={async (name) => mapping !== undefined && save({ ...unchanged(mapping), name })}
          onReplace={async () =>
            mapping !== undefined && save({ id: mapping.id, name: mapping.name, ...shown() })
          }
          onDelete={async () => mapping !== undefined && remove(mapping)}
        />
      </Group>
      {said}
      {mapping && chosen && chosen.missing.length > 0 && (
        <Text size="sm" c="dimmed" style={{ overflowWrap: 'anywhere' }}>
          {text('newImport.kept.missing', { columns: chosen.missing.join(', ') })}
        </Text>
      )}
    </Stack>
  );
}

/** A mapping as it is kept, to be given another name. */
function unchanged({ id, columns, options, optionsSaid }: KeptMappingFragment) {
  const said = <Value,>(name: keyof typeof options, value: Value) =>
    optionsSaid.includes(name) ? value : null;
  return {
    id,
    columns: columns.map(({ column, field }) => ({ column, field: field ?? null })),
    options: {
      dateOrder: said('dateOrder', options.dateOrder),
      decimalComma: said('decimalComma', options.decimalComma),
      timeZone: said('timeZone', options.timeZone),
      country: said('country', options.country ?? null),
      empty: said('empty', options.empty),
    },
  };
}

/** Writes, and reads the list anew; false where it was refused. */
function useKeeping(
  kind: IngestionKind,
  say: (sentence: string) => void,
  choose: (chosen: Chosen | null) => void,
) {
  const text = useTexts();
  const { isBusy, errors, change, clear } = useChange();
  const again = useAgain();
  const save = async (kept: Omit<ImportMappingSaveInput, 'kind'>) => {
    const done = await change(MAPPING_SAVE, { input: { kind, ...kept } });
    const made = done?.importMappingSave.importMapping;
    if (!made) return false;
    await again(IMPORT_MAPPINGS, { kind });
    choose({ id: made.id, missing: [] });
    say(text('newImport.kept.done', { name: made.name }));
    return true;
  };
  const remove = async ({ id, name }: KeptMappingFragment) => {
    if (!(await change(MAPPING_DELETE, { id }))) return false;
    choose(null);
    await again(IMPORT_MAPPINGS, { kind });
    say(text('newImport.kept.deleted', { name }));
    return true;
  };
  return { isBusy, errors, clear, save, remove };
}
