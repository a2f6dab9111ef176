/** What the server makes of the message as it stands: asked when nobody types, older answers dropped. */
import { useDebouncedValue } from '@mantine/hooks';
import { useMemo, useState } from 'react';
import { useQuery } from 'urql';
import type { PreviewQuery } from '../../gql/graphql';
import { messageOf, type Draft } from './draft';
import type { Problems } from './liquid-field';
import { PREVIEW } from './queries';

const TYPING_MS = 400;

export interface Person {
  id: string;
  label: string;
}

export interface Previewed {
  preview: PreviewQuery['messagePreview'];
  isBusy: boolean;
  /** Nothing is written yet. */
  isEmpty: boolean;
  /** Whose values are filled in; null for a made-up customer's. */
  person: Person | null;
  choosePerson: (person: Person | null) => void;
  problems: Problems;
}

const NONE: Problems = { errors: [], warnings: [] };

export function usePreview({ texts, channel }: Draft, shown: number): Previewed {
  const [person, choosePerson] = useState<Person | null>(null);
  const written = texts[shown];
  const asked = useMemo(
    () => ({ message: written ? messageOf(written, channel) : null, channel }),
    [written, channel],
  );
  const [{ message, channel: by }] = useDebouncedValue(asked, TYPING_MS);
  const customer = person ? { id: person.id } : null;
  const [{ data, fetching, stale }] = useQuery({
    query: PREVIEW,
    variables: { message: message ?? {}, channel: by, customer },
    pause: message === null,
    requestPolicy: 'cache-first',
  });
  const preview = message === null ? null : data?.messagePreview;
  return {
    preview,
    isBusy: fetching || stale,
    isEmpty: asked.message === null,
    person,
    choosePerson,
    problems: preview ?? NONE,
  };
}
