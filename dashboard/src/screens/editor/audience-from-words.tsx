/** An audience that is made out of plain words where a campaign is written: looked at, named, saved, used. */
import { Button, Group, Stack, TextInput } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { useState } from 'react';
import { errorAt, useChange } from '../../api/change';
import { Dialog } from '../../components/dialog';
import { Errors } from '../../components/errors';
import { useMay } from '../../components/permissions';
import { PlainWords } from '../../components/plain-words';
import type { RuleInput } from '../../gql/graphql';
import { useTexts } from '../../texts';
import { CREATE } from '../audience/queries';

const LONGEST_NAME = 200;

export function AudienceFromWords({ onMade }: { onMade: (id: string) => void }) {
  const text = useTexts();
  const [isOpen, { open, close }] = useDisclosure();
  const mayAsk = useMay('ASSISTANT_USE');
  const mayMake = useMay('AUDIENCES_WRITE');
  if (!mayAsk || !mayMake) return null;
  return (
    <>
      <Button size="compact-xs" variant="default" mt={4} onClick={open}>
        {text('editor.words')}
      </Button>
      <Dialog title={text('words.title')} isOpen={isOpen} onClose={close}>
        <PlainWords>
          {(rule, words) => (
            <Naming
              rule={rule as RuleInput}
              words={words}
              onMade={(id) => {
                close();
                onMade(id);
              }}
            />
          )}
        </PlainWords>
      </Dialog>
    </>
  );
}

function Naming({ rule, words, onMade }: { rule: RuleInput; words: string; onMade: (id: string) => void }) {
  const text = useTexts();
  const [name, write] = useState(words.slice(0, LONGEST_NAME));
  const { isBusy, errors, change } = useChange();
  const make = async () => {
    const made = (await change(CREATE, { input: { name, rule } }))?.audienceCreate.audience;
    if (made) onMade(made.id);
  };
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        void make();
      }}
    >
      <Stack gap="sm">
        <TextInput
          label={text('audience.name')}
          description={text('editor.words.what')}
          maxLength={LONGEST_NAME}
          value={name}
          error={errorAt(errors, 'name')}
          onChange={(event) => {
            write(event.currentTarget.value);
          }}
        />
        <Errors errors={errors} except={['name']} />
        <Group justify="flex-end">
          <Button type="submit" loading={isBusy} disabled={!name.trim()}>
            {text('editor.words.save')}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
