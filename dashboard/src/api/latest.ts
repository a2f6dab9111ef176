/** Answers to the question that is asked now: those to older ones are dropped, however late they come. */
import { useEffect, useState } from 'react';
import { useClient, type AnyVariables, type CombinedError, type TypedDocumentNode } from 'urql';

const TYPING_MS = 300;

interface Answer<Data> {
  question: string;
  data: Data | undefined;
  error: CombinedError | undefined;
}

/**
 * What the server says to the variables, 300 ms after they last changed; null asks nothing. Until then the answer
 * before it stands, and `isOld`.
 */
export function useLatest<Data, Variables extends AnyVariables>(
  query: TypedDocumentNode<Data, Variables>,
  variables: Variables | null,
) {
  const client = useClient();
  const [answer, setAnswer] = useState<Answer<Data> | null>(null);
  const question = variables === null ? null : JSON.stringify(variables);
  useEffect(() => {
    if (question === null) return;
    let isAsked = true;
    const timer = setTimeout(() => {
      const asked = JSON.parse(question) as Variables;
      void client
        .query<Data, Variables>(query, asked, { requestPolicy: 'network-only' })
        .toPromise()
        .then(({ data, error }) => {
          if (isAsked) setAnswer({ question, data, error });
        });
    }, TYPING_MS);
    return () => {
      isAsked = false;
      clearTimeout(timer);
    };
  }, [client, query, question]);
  return {
    data: question === null ? undefined : answer?.data,
    error: question === null ? undefined : answer?.error,
    isOld: question !== null && answer?.question !== question,
  };
}
