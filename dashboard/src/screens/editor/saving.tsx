/** Saving a draft over what was read, and over nothing that somebody else wrote since. */
import { useForm } from '@mantine/form';
import { useEffect, useRef, useState } from 'react';
import { useClient } from 'urql';
import { useChange, type UserError } from '../../api/change';
import type { WrittenFragment } from '../../gql/graphql';
import { useTexts } from '../../texts';
import { changeOf, draftOf, type Draft, type Form } from './draft';
import { fieldAt } from './problems';
import { DRAFT, SAVE } from './queries';

export interface Saving {
  form: Form;
  isBusy: boolean;
  errors: readonly UserError[];
  isOutdated: boolean;
  /** How often it was saved here: what is told of the saved draft is asked again. */
  saves: number;
  /** Whether all is saved now. With `over`, also over what somebody else wrote. */
  save: (over?: boolean) => Promise<boolean>;
  /** Drops what is written here for what is stored. */
  takeStored: () => Promise<void>;
}

export function useSaving(campaign: WrittenFragment): Saving {
  const client = useClient();
  const { isBusy, errors, change, clear } = useChange();
  const [revision, setRevision] = useState(campaign.revision);
  const [saves, setSaves] = useState(0);
  const form = useForm<Draft>({ initialValues: draftOf(campaign) });
  const { setErrors } = form;
  useEffect(() => {
    setErrors(
      Object.fromEntries(errors.map((error) => [fieldAt(error.path), <Sentence key="" error={error} />])),
    );
  }, [errors, setErrors]);

  const showStored = (stored: WrittenFragment, sent?: Draft) => {
    const draft = draftOf(stored);
    setRevision(stored.revision);
    setSaves((count) => count + 1);
    // What was typed while it was saved stays, and is not saved yet.
    if (!sent || form.getValues() === sent) form.setValues(draft);
    form.resetDirty(draft);
  };
  const running = useRef<Promise<boolean>>(null);
  // Asked for twice at once, as by a key that is held, it would come second to itself.
  const save = (over = false) =>
    (running.current ??= send(over).finally(() => {
      running.current = null;
    }));
  const send = async (over: boolean) => {
    const sent = form.getValues();
    const expected = over ? {} : { expectedRevision: revision };
    const input = { id: campaign.id, ...expected, ...changeOf(sent) };
    const saved = (await change(SAVE, { input }))?.campaignUpdate.campaign;
    if (!saved) return false;
    showStored(saved, sent);
    return true;
  };
  const takeStored = async () => {
    const { data } = await client.query(DRAFT, { id: campaign.id }, { requestPolicy: 'network-only' });
    if (!data?.campaign) return;
    showStored(data.campaign);
    clear();
  };
  const isOutdated = errors.some((error) => error.code === 'CONFLICT');
  return { form, isBusy, errors, isOutdated, saves, save, takeStored };
}

/** What is wrong, with its place in the text where it has one. */
export function Sentence({ error }: { error: UserError }) {
  const text = useTexts();
  const { line, column, message } = error;
  if (typeof line !== 'number') return message;
  return `${text('editor.at', { line, column: column ?? 1 })}: ${message}`;
}
