/** A draft as it is written: what it says, to whom, how; how it looks; what is in the way of its launch. */
import { Badge, Box, Button, Group, Stack } from '@mantine/core';
import { useHotkeys } from '@mantine/hooks';
import { useState } from 'react';
import { flushSync } from 'react-dom';
import { ButtonLink } from '../../components/link';
import { Panel } from '../../components/panel';
import { Screen } from '../../components/screen';
import type { WrittenFragment } from '../../gql/graphql';
import { useTexts } from '../../texts';
import { Basics } from './basics';
import { Checklist, useCheck } from './checklist';
import type { Form } from './draft';
import classes from './editor.module.css';
import { Experiment } from './experiment';
import { FileField } from './files';
import { Launch } from './launch';
import { Leaving } from './leaving';
import { Message } from './message';
import { Preview } from './preview';
import { usePreview } from './previewing';
import { focusField, textNumber } from './problems';
import { Refusal } from './refusal';
import { useSaving, type Saving } from './saving';
import { Terms } from './terms';
import { TestSend } from './test-send';

const MOST_FILES = 10;

type Dialogue = 'test' | 'launch' | null;

export function Editor({ campaign }: { campaign: WrittenFragment }) {
  const text = useTexts();
  const { id } = campaign;
  const saving = useSaving(campaign);
  const { form } = saving;
  const draft = form.values;
  const [wanted, show] = useState(0);
  const shown = Math.min(wanted, draft.texts.length - 1);
  const [dialogue, open] = useState<Dialogue>(null);
  const previewed = usePreview(draft, shown);
  const check = useCheck(id, saving.saves);
  const isDirty = form.isDirty();
  const goTo = (field: string) => {
    const number = textNumber(field);
    // The field is there once its text is shown.
    if (number !== null)
      flushSync(() => {
        show(number);
      });
    focusField(field);
  };
  const close = () => {
    open(null);
  };
  return (
    <Screen
      title={draft.name || text('editor.title')}
      aside={
        <Actions
          id={id}
          saving={saving}
          isDirty={isDirty}
          onOpen={(next) => {
            void (async () => {
              if (!isDirty || (await saving.save())) open(next);
            })();
          }}
        />
      }
    >
      <Refusal saving={saving} onGo={goTo} />
      <div className={classes['columns']}>
        <Stack miw={0}>
          <Basics form={form} />
          <Message form={form} shown={shown} problems={previewed.problems} onShow={show} />
          {draft.channel === 'EMAIL' && <Attachments form={form} />}
          <Experiment form={form} onShow={show} />
          <Terms form={form} />
        </Stack>
        <Box className={classes['beside']}>
          <Stack miw={0}>
            <Preview previewed={previewed} channel={draft.channel} audienceId={draft.audienceId} />
            <Checklist {...check} isDirty={isDirty} onGo={goTo} />
          </Stack>
        </Box>
      </div>
      <TestSend
        isOpen={dialogue === 'test'}
        id={id}
        draft={draft}
        shown={shown}
        person={previewed.person}
        onClose={close}
      />
      {draft.audienceId && (
        <Launch
          isOpen={dialogue === 'launch'}
          id={id}
          audienceId={draft.audienceId}
          channel={draft.channel}
          findings={check.findings}
          onClose={close}
        />
      )}
      <Leaving isDirty={() => form.isDirty()} />
    </Screen>
  );
}

function Actions({
  id,
  saving,
  isDirty,
  onOpen,
}: {
  id: string;
  saving: Saving;
  isDirty: boolean;
  onOpen: (dialogue: Dialogue) => void;
}) {
  const text = useTexts();
  const { isBusy, save } = saving;
  useHotkeys([['mod+S', () => void save()]], []);
  return (
    <Group gap="xs">
      <Badge variant="dot" color={isDirty ? 'orange' : 'green'} tt="none" role="status">
        {text(isDirty ? 'editor.unsaved' : 'editor.saved')}
      </Badge>
      <ButtonLink variant="default" to="/campaigns/$id" params={{ id }}>
        {text('editor.campaign')}
      </ButtonLink>
      <Button variant="default" loading={isBusy} onClick={() => void save()}>
        {text('editor.save')}
      </Button>
      <Button
        variant="default"
        disabled={isBusy}
        onClick={() => {
          onOpen('test');
        }}
      >
        {text('test.open')}
      </Button>
      <Button
        disabled={isBusy}
        onClick={() => {
          onOpen('launch');
        }}
      >
        {text('launch.open')}
      </Button>
    </Group>
  );
}

function Attachments({ form }: { form: Form }) {
  const text = useTexts();
  return (
    <Panel title={text('files.title')}>
      <FileField
        label={text('files.attachments')}
        field="attachments"
        most={MOST_FILES}
        files={form.values.attachments}
        error={form.errors['attachments']}
        onChange={(files) => {
          form.setFieldValue('attachments', files);
        }}
      />
    </Panel>
  );
}
