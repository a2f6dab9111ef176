/** Kinds of files that the library can be narrowed to, as its address names them. */
import type { MediaKind } from '../../gql/graphql';

export const MEDIA_KINDS: readonly MediaKind[] = ['PICTURE', 'DOCUMENT', 'TEXT'];
