/** Answers to an id that names nothing: what somebody typed, cut off, or kept from long ago. */
import type { CombinedError } from 'urql';

/** The arguments by which one thing is asked for. */
const NAMED_BY: readonly unknown[] = ['id', 'by'];

/** Whether the server says so. Of an id that was deleted it answers null, and that is no error. */
export function isUnknown(error: CombinedError): boolean {
  const { code, inputPath } = error.graphQLErrors[0]?.extensions ?? {};
  if (code === 'NOT_FOUND') return true;
  return code === 'BAD_USER_INPUT' && Array.isArray(inputPath) && NAMED_BY.includes(inputPath.join('.'));
}
