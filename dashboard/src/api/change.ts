/** Mutations one at a time, and what the server says against them. */
import { useCallback, useState } from 'react';
import { useClient, type TypedDocumentNode } from 'urql';
import { graphql } from '../gql';
import { useTexts } from '../texts';
import { sentencesOf } from './sentences';

graphql(`
  fragment Refusal on UserError {
    path
    code
    message
  }
`);

/** What a payload says against the input, or the request as a whole says (its path is empty then). */
export interface UserError {
  path: readonly string[];
  message: string;
  code?: string | undefined;
  line?: number | null | undefined;
  column?: number | null | undefined;
}

interface Payload {
  errors: readonly { message: string; path?: readonly string[]; code?: string }[];
}

function isPayload(value: unknown): value is Payload {
  return typeof value === 'object' && value !== null && Array.isArray((value as Partial<Payload>).errors);
}

/**
 * `change` answers with the data where everything was taken, else with null, and then `errors` say why. Mutations
 * ask for `errors { ...Refusal }`.
 */
export function useChange() {
  const text = useTexts();
  const client = useClient();
  const [isBusy, setBusy] = useState(false);
  const [errors, setErrors] = useState<readonly UserError[]>([]);
  const change = useCallback(
    async <Data, Variables extends object>(
      mutation: TypedDocumentNode<Data, Variables>,
      variables: Variables,
    ): Promise<Data | null> => {
      setBusy(true);
      setErrors([]);
      const { data, error } = await client.mutation<Data, Variables>(mutation, variables).toPromise();
      setBusy(false);
      const found: UserError[] = Object.values(data ?? {})
        .filter(isPayload)
        .flatMap((payload) => payload.errors)
        .map((one) => ({ ...one, path: one.path ?? [] }));
      if (error) found.push(...sentencesOf(error, text).map((message) => ({ path: [], message })));
      setErrors(found);
      return found.length || !data ? null : data;
    },
    [client, text],
  );
  const clear = useCallback(() => {
    setErrors([]);
  }, []);
  return { isBusy, errors, change, clear };
}

/** The sentence about one field, by its path in the input, for the field to show. */
export function errorAt(errors: readonly UserError[], path: string): string | undefined {
  return errors.find((error) => error.path.join('.') === path)?.message;
}
