/** What is said of a request that failed as a whole: in the reader's language where the code is known. */
import type { CombinedError } from 'urql';
import type { useTexts } from '../texts';
import type { TextId } from '../texts/en';

const SENTENCES: Partial<Record<string, TextId>> = {
  FORBIDDEN: 'error.forbidden',
  UNAUTHENTICATED: 'error.signedOut',
  UNAVAILABLE: 'error.unavailable',
};

export function sentencesOf(error: CombinedError, text: ReturnType<typeof useTexts>): string[] {
  if (error.graphQLErrors.length === 0) return [text('error.network')];
  return error.graphQLErrors.map(({ message, extensions }) => {
    const id = SENTENCES[String(extensions['code'])];
    return id ? text(id) : message;
  });
}
