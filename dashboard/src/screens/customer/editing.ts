/** An edit of a customer: what it changes, and what becomes of it when somebody else was faster. */
import { useState } from 'react';
import { useClient } from 'urql';
import { useChange } from '../../api/change';
import type { ProfileFragment } from '../../gql/graphql';
import { UPDATE } from './changes';
import type { Choice } from './conflict';
import {
  customChanged,
  customInput,
  customValuesOf,
  pathOf,
  type CustomField,
  type CustomValues,
} from './custom';
import { asInput, FIELDS, isSame, type Values } from './fields';
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

export interface Edited {
  values: Values;
  custom: CustomValues;
}

function editedOf(profile: ProfileFragment, fields: readonly CustomField[]): Edited {
  return { values: valuesOf(profile), custom: customValuesOf(fields, profile.customFields) };
}

/** Where the two differ, as refusals name the places. */
function changedBetween(fields: readonly CustomField[], before: Edited, after: Edited): readonly string[] {
  return [
    ...FIELDS.filter((field) => !isSame(before.values[field], after.values[field])),
    ...customChanged(fields, before.custom, after.custom).map(pathOf),
  ];
}

/** Of what was edited, the input for these places. */
function inputOf(fields: readonly CustomField[], { values, custom }: Edited, paths: readonly string[]) {
  const own = FIELDS.filter((field) => paths.includes(field));
  const others = fields.filter((field) => paths.includes(pathOf(field)));
  return {
    ...Object.fromEntries(own.map((field) => [field, asInput(values[field])])),
    ...(others.length && { customFields: customInput(others, custom) }),
  };
}

/** `base` is what the edit began from: only what differs from it is sent, and only over the revision it had. */
export function useEditing(
  profile: ProfileFragment,
  customFields: readonly CustomField[],
  onSaved: () => void,
) {
  const client = useClient();
  const { isBusy, errors, change } = useChange();
  const [base] = useState({
    revision: profile.revision,
    fields: customFields,
    edited: editedOf(profile, customFields),
  });
  const { fields } = base;
  const [edited, setEdited] = useState(base.edited);
  const [theirs, setTheirs] = useState<ProfileFragment | null>(null);
  const [choices, setChoices] = useState<Readonly<Record<string, Choice>>>({});

  const mine = changedBetween(fields, base.edited, edited);
  const now = theirs && editedOf(theirs, fields);
  const different = now && changedBetween(fields, edited, now);
  const conflict = now && {
    edited: now,
    paths: changedBetween(fields, base.edited, now).filter(
      (path) => mine.includes(path) && different?.includes(path),
    ),
  };
  const isDecided = !conflict || conflict.paths.every((path) => choices[path] !== undefined);

  const save = async () => {
    const kept = mine.filter((path) => !(conflict?.paths.includes(path) && choices[path] === 'theirs'));
    const expectedRevision = theirs?.revision ?? base.revision;
    if (kept.length === 0) {
      onSaved();
      return;
    }
    const input = {
      customer: { id: profile.id },
      expectedRevision,
      ...inputOf(fields, edited, kept),
    };
    if (await change(UPDATE, { input })) {
      onSaved();
      return;
    }
    const current = (
      await client.query(PROFILE, { id: profile.id }, { requestPolicy: 'network-only' }).toPromise()
    ).data?.customer;
    if (!current || current.revision === expectedRevision) return;
    // Faster once more: what was chosen was chosen of something else.
    setChoices({});
    setTheirs(current);
  };
  return {
    isBusy,
    /** The conflict is shown by itself, with its values. */
    errors: errors.filter(({ path }) => path.join('.') !== 'expectedRevision'),
    fields,
    edited,
    set: (changed: Partial<Values>) => {
      setEdited((before) => ({ ...before, values: { ...before.values, ...changed } }));
    },
    setCustom: (custom: CustomValues) => {
      setEdited((before) => ({ ...before, custom }));
    },
    conflict,
    choices,
    choose: (path: string, choice: Choice) => {
      setChoices((before) => ({ ...before, [path]: choice }));
    },
    canSave: mine.length > 0 && isDecided,
    save,
  };
}
