/** An edit of a customer: what it changes, and what becomes of it when somebody else was faster. */
import { useState } from 'react';
import { useClient } from 'urql';
import { useChange } from '../../api/change';
import type { ProfileFragment } from '../../gql/graphql';
import { UPDATE } from './changes';
import type { Choice } from './conflict';
import { asInput, FIELDS, isSame, type Field, type Values } from './fields';
import { PROFILE } from './queries';

export function valuesOf(profile: ProfileFragment): Values {
  return {
    name: profile.name ?? '',
    email: profile.email ?? '',
    phone: profile.phone ?? '',
    city: profile.city ?? '',
    country: profile.country ?? '',
    timeZone: profile.timeZone ?? '',
    tags: profile.tags,
    isTracked: profile.isTracked,
  };
}

function changedBetween(before: Values, after: Values): Field[] {
  return FIELDS.filter((field) => !isSame(before[field], after[field]));
}

/** `base` is what the edit began from: only what differs from it is sent, and only over the revision it had. */
export function useEditing(profile: ProfileFragment, onSaved: () => void) {
  const client = useClient();
  const { isBusy, errors, change } = useChange();
  const [base] = useState({ revision: profile.revision, values: valuesOf(profile) });
  const [values, setValues] = useState(base.values);
  const [theirs, setTheirs] = useState<ProfileFragment | null>(null);
  const [choices, setChoices] = useState<Partial<Record<Field, Choice>>>({});

  const mine = changedBetween(base.values, values);
  const conflict = theirs && {
    values: valuesOf(theirs),
    fields: changedBetween(base.values, valuesOf(theirs)).filter(
      (field) => mine.includes(field) && !isSame(values[field], valuesOf(theirs)[field]),
    ),
  };
  const isDecided = !conflict || conflict.fields.every((field) => choices[field] !== undefined);

  const save = async () => {
    const kept = mine.filter((field) => !(conflict?.fields.includes(field) && choices[field] === 'theirs'));
    const expectedRevision = theirs?.revision ?? base.revision;
    if (kept.length === 0) {
      onSaved();
      return;
    }
    const input = {
      customer: { id: profile.id },
      expectedRevision,
      ...Object.fromEntries(kept.map((field) => [field, asInput(values[field])])),
    };
    if (await change(UPDATE, { input })) {
      onSaved();
      return;
    }
    const now = (
      await client.query(PROFILE, { id: profile.id }, { requestPolicy: 'network-only' }).toPromise()
    ).data?.customer;
    if (!now || now.revision === expectedRevision) return;
    // Faster once more: what was chosen was chosen of something else.
    setChoices({});
    setTheirs(now);
  };
  return {
    isBusy,
    /** The conflict is shown by itself, with its values. */
    errors: errors.filter(({ path }) => path.join('.') !== 'expectedRevision'),
    values,
    set: (changed: Partial<Values>) => {
      setValues((before) => ({ ...before, ...changed }));
    },
    conflict,
    choices,
    choose: (field: Field, choice: Choice) => {
      setChoices((before) => ({ ...before, [field]: choice }));
    },
    canSave: mine.length > 0 && isDecided,
    save,
  };
}
