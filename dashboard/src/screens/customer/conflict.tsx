/** Somebody else has changed the same: both values, of which one chooses. */
import { Alert, Radio, Stack, Text } from '@mantine/core';
import { useTexts } from '../../texts';
import type { Field, Values } from './fields';
import { useShown } from './shown';

export type Choice = 'mine' | 'theirs';

export function Conflict({
  fields,
  mine,
  theirs,
  choices,
  onChoose,
}: {
  /** Those that both have changed. */
  fields: readonly Field[];
  mine: Values;
  theirs: Values;
  choices: Partial<Record<Field, Choice>>;
  onChoose: (field: Field, choice: Choice) => void;
}) {
  const text = useTexts();
  const shown = useShown();
  return (
    <Alert color="orange" role="alert">
      <Stack gap="sm">
        <Text fw={600}>{text('conflict.title')}</Text>
        <Text size="sm">{text(fields.length ? 'conflict.choose' : 'conflict.others')}</Text>
        {fields.map((field) => (
          <Radio.Group
            key={field}
            label={text(field === 'tags' ? 'customers.tags' : `customer.${field}`)}
            value={choices[field] ?? null}
            onChange={(choice) => {
              onChoose(field, choice);
            }}
          >
            <Stack gap={6} mt={6}>
              <Radio value="theirs" label={text('conflict.theirs', { value: shown(field, theirs[field]) })} />
              <Radio value="mine" label={text('conflict.mine', { value: shown(field, mine[field]) })} />
            </Stack>
          </Radio.Group>
        ))}
      </Stack>
    </Alert>
  );
}
