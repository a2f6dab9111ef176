/** Saving an audience in its place or as another one, and deleting it. */
import { Alert, Button, Group, Modal, Stack, Text, TextInput } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { useNavigate } from '@tanstack/react-router';
import { useRef, useState } from 'react';
import { errorAt, useChange, type UserError } from '../../api/change';
import { useMay } from '../../components/permissions';
import { isSame } from '../../components/rule-builder/rule';
import type { RuleInput } from '../../gql/graphql';
import { useTexts } from '../../texts';
import { DeleteAudience } from '../audiences/delete';
import type { Draft } from './editing';
import { CREATE, UPDATE } from './queries';

const NONE: readonly UserError[] = [];

export function useSaving({
  id,
  draft,
  saved,
  onSaved,
}: {
  id: string | null;
  draft: Draft;
  saved: Draft;
  onSaved: (saved: Draft) => void;
}) {
  const navigate = useNavigate();
  const { isBusy, errors: found, change, clear } = useChange();
  const [asked, ask] = useState<Draft | null>(null);
  // An answer that comes after a further edit is about what is not there any more.
  const errors = asked === draft ? found : NONE;
  const [warnings, warn] = useState<readonly string[] | null>(null);
  const isLeaving = useRef(false);
  const inputOf = ({ name, description, rule }: Draft) => ({
    name,
    description: description.trim() || null,
    rule: (rule ?? { all: [] }) as RuleInput,
  });
  const leave = () => {
    isLeaving.current = true;
  };
  const create = async (name: string): Promise<boolean> => {
    ask(draft);
    const made = (await change(CREATE, { input: inputOf({ ...draft, name }) }))?.audienceCreate;
    if (!made?.audience) return false;
    leave();
    await navigate({ to: '/audiences/$id', params: { id: made.audience.id }, replace: id === null });
    return true;
  };
  const save = async () => {
    if (id === null) {
      await create(draft.name);
      return;
    }
    ask(draft);
    const { name, description, rule } = inputOf(draft);
    const input = {
      id,
      ...(draft.name !== saved.name && { name }),
      ...(draft.description !== saved.description && { description }),
      ...(!isSame(draft.rule, saved.rule) && { rule }),
    };
    const payload = (await change(UPDATE, { input }))?.audienceUpdate;
    if (!payload?.audience) return;
    warn(payload.warnings.map((one) => one.message));
    onSaved(draft);
  };
  const forget = () => {
    clear();
    warn(null);
  };
  return { isBusy, errors, warnings, isLeaving, leave, create, save, forget };
}

export function Saving({
  id,
  draft,
  isChanged,
  saving,
}: {
  id: string | null;
  draft: Draft;
  isChanged: boolean;
  saving: ReturnType<typeof useSaving>;
}) {
  const text = useTexts();
  const navigate = useNavigate();
  const { isBusy, warnings, save, leave } = saving;
  if (!useMay('AUDIENCES_WRITE')) return null;
  return (
    <Group gap="xs">
      <div role="status">
        {warnings?.length === 0 && !isChanged && (
          <Text size="sm" c="dimmed">
            {text('audience.saved')}
          </Text>
        )}
        {warnings?.map((one) => (
          <Alert key={one} color="yellow" p="xs">
            {one}
          </Alert>
        ))}
      </div>
      <Button loading={isBusy} disabled={!isChanged || draft.rule === null} onClick={() => void save()}>
        {text('audience.save')}
      </Button>
      {id !== null && <SaveAsNew draft={draft} saving={saving} />}
      {id !== null && (
        <DeleteAudience
          id={id}
          name={draft.name}
          onDeleted={() => {
            leave();
            void navigate({ to: '/audiences' });
          }}
        />
      )}
    </Group>
  );
}

function SaveAsNew({ draft, saving }: { draft: Draft; saving: ReturnType<typeof useSaving> }) {
  const text = useTexts();
  const [isOpen, { open, close }] = useDisclosure();
  const [name, write] = useState('');
  const { isBusy, errors, create } = saving;
  const save = async () => {
    // What is wrong with the rule is shown in it.
    if (!(await create(name))) return;
    close();
  };
  return (
    <>
      <Button
        variant="default"
        disabled={draft.rule === null}
        onClick={() => {
          write(text('audience.copyOf', { name: draft.name }));
          open();
        }}
      >
        {text('audience.saveAs')}
      </Button>
      <Modal
        opened={isOpen}
        onClose={close}
        title={text('audience.saveAs')}
        closeButtonProps={{ 'aria-label': text('confirm.close') }}
      >
        <Stack
          component="form"
          onSubmit={(event) => {
            event.preventDefault();
            void save();
          }}
        >
          <TextInput
            label={text('audience.name')}
            data-autofocus
            maxLength={200}
            error={errorAt(errors, 'name') ?? errors[0]?.message}
            value={name}
            onChange={(event) => {
              write(event.currentTarget.value);
            }}
          />
          <Group justify="flex-end">
            <Button variant="default" onClick={close}>
              {text('confirm.no')}
            </Button>
            <Button type="submit" loading={isBusy}>
              {text('audience.save')}
            </Button>
          </Group>
        </Stack>
      </Modal>
    </>
  );
}
