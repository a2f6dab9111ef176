/** The draft of an audience: what it is called, who is in it, whom that reaches, and saving it. */
import { Button, Grid, Group, Stack } from '@mantine/core';
import { useState } from 'react';
import type { UserError } from '../../api/change';
import { useLatest } from '../../api/latest';
import { Errors } from '../../components/errors';
import { Panel } from '../../components/panel';
import { useMay } from '../../components/permissions';
import { PlainWords } from '../../components/plain-words';
import { RuleEditor } from '../../components/rule-builder';
import { isSame } from '../../components/rule-builder/rule';
import { Screen } from '../../components/screen';
import type { RuleInput } from '../../gql/graphql';
import { useTexts } from '../../texts';
import { LeaveGuard } from './leaving';
import { Named } from './named';
import { EXPLAIN, PREVIEW } from './queries';
import { Reach } from './reach';
import { Saving, useSaving } from './saving';
import { Uses } from './uses';
import { Why, type Person } from './why';

export interface Draft {
  name: string;
  description: string;
  /** Null while there is none yet, or what is written is none. */
  rule: unknown;
}

function isChanged(draft: Draft, saved: Draft): boolean {
  return (
    draft.name !== saved.name || draft.description !== saved.description || !isSame(draft.rule, saved.rule)
  );
}

function isOfRule({ path }: UserError): boolean {
  return path[0] === 'rule';
}

export function Editing({ id, start }: { id: string | null; start: Draft }) {
  const text = useTexts();
  const [draft, setDraft] = useState(start);
  const [saved, setSaved] = useState(start);
  const [shown, show] = useState({ rule: start.rule, version: 0 });
  const [person, choose] = useState<Person | null>(null);
  const saving = useSaving({ id, draft, saved, onSaved: setSaved });
  const { preview, explanation, errors } = useAnswers(draft.rule, person);
  // What saving refuses is mostly what was said of the rule before.
  const wrong = (saving.errors.some(isOfRule) ? saving.errors : errors).filter(isOfRule);
  const edit = (change: Partial<Draft>) => {
    setDraft((before) => ({ ...before, ...change }));
    saving.forget();
  };
  return (
    <Screen
      title={saved.name && id ? saved.name : text('audience.new')}
      aside={<Saving id={id} draft={draft} isChanged={isChanged(draft, saved)} saving={saving} />}
    >
      <LeaveGuard isChanged={isChanged(draft, saved)} isLeaving={saving.isLeaving} />
      <Errors
        errors={saving.errors.filter(({ path }) => !['name', 'description', 'rule'].includes(path[0] ?? ''))}
      />
      <Grid>
        <Grid.Col span={{ base: 12, md: 8 }}>
          <Stack>
            <Named draft={draft} errors={saving.errors} onEdit={edit} />
            <WordsPanel
              onTake={(rule) => {
                show(({ version }) => ({ rule, version: version + 1 }));
                edit({ rule });
              }}
            />
            <Panel title={text('audience.rule')}>
              <RuleEditor
                key={shown.version}
                rule={shown.rule}
                errors={wrong.map((error) => ({ ...error, path: error.path.slice(1) }))}
                outcomes={explanation.isOld ? undefined : explanation.data?.audienceExplain?.nodes}
                onChange={(rule) => {
                  edit({ rule });
                }}
              />
            </Panel>
          </Stack>
        </Grid.Col>
        <Grid.Col span={{ base: 12, md: 4 }}>
          <Stack>
            <Reach preview={preview} hasRule={draft.rule !== null} onChoose={choose} />
            <Why explanation={explanation} person={person} onChoose={choose} />
            {id !== null && <Uses id={id} />}
          </Stack>
        </Grid.Col>
      </Grid>
    </Screen>
  );
}

export type Answer<Data> = ReturnType<typeof useLatest<Data, object>>;

/** What the server says of the rule as it is now. */
function useAnswers(draft: unknown, person: Person | null) {
  const rule = draft as RuleInput | null;
  const preview = useLatest(PREVIEW, rule && { rule });
  const explanation = useLatest(EXPLAIN, rule && person && { rule, customer: { id: person.id } });
  // Of a rule that has changed since, places are others.
  const errors = preview.isOld ? [] : (preview.data?.audiencePreview?.errors ?? []);
  return { preview, explanation, errors };
}

function WordsPanel({ onTake }: { onTake: (rule: unknown) => void }) {
  const text = useTexts();
  if (!useMay('ASSISTANT_USE')) return null;
  return (
    <Panel title={text('words.title')}>
      <PlainWords>
        {(rule) => (
          <Group>
            <Button
              size="compact-md"
              onClick={() => {
                onTake(rule);
              }}
            >
              {text('audience.take')}
            </Button>
          </Group>
        )}
      </PlainWords>
    </Panel>
  );
}
