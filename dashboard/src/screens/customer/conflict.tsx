/** Somebody else has changed the same: both values, of which one chooses. */
import { Alert, Radio, Stack, Text } from '@mantine/core';
import { useTexts } from '../../texts';
import type { CustomField } from './custom';
import type { Edited } from './editing';
import { useDescribed } from './shown';

export type Choice = 'mine' | 'theirs';

export function Conflict({
  fields,
  paths,
  mine,
  theirs,
  choices,
  onChoose,
}: {
  fields: readonly CustomField[];
  /** Those that both have changed. */
  paths: readonly string[];
  mine: Edited;
  theirs: Edited;
  choices: Readonly<Record<string, Choice>>;
  onChoose: (path: string, choice: Choice) => void;
}) {
  const text = useTexts();
  const described = useDescribed(fields);
  return (
    <Alert color="orange" role="alert">
      <Stack gap="sm">
        <Text fw={600}>{text('conflict.title')}</Text>
        <Text size="sm">{text(paths.length ? 'conflict.choose' : 'conflict.others')}</Text>
        {paths.map((path) => {
          const { label, shown } = described(path);
          return (
            <Radio.Group
              key={path}
              label={label}
              value={choices[path] ?? null}
              onChange={(choice) => {
                onChoose(path, choice);
              }}
            >
              <Stack gap={6} mt={6}>
                <Radio value="theirs" label={text('conflict.theirs', { value: shown(theirs) })} />
                <Radio value="mine" label={text('conflict.mine', { value: shown(mine) })} />
              </Stack>
            </Radio.Group>
          );
        })}
      </Stack>
    </Alert>
  );
}
