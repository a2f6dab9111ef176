/** What stands for the one thing that an address names until it is there: that it comes, that there is none, or why not. */
import { Stack } from '@mantine/core';
import type { ReactNode } from 'react';
import type { CombinedError } from 'urql';
import { isUnknown } from '../api/unknown';
import { useTexts } from '../texts';
import { Empty } from './empty';
import { ButtonLink } from './link';
import { Problem } from './problem';
import { Screen } from './screen';

/** Where all of a kind are. */
const LISTS = {
  audience: '/audiences',
  campaign: '/campaigns',
  customer: '/customers',
  import: '/imports',
} as const;

export function Awaited({
  kind,
  found,
  error,
  onRetry,
  children,
}: {
  kind: keyof typeof LISTS;
  /** Null where the server knows of none, undefined until it has answered. */
  found: null | undefined;
  error: CombinedError | undefined;
  onRetry: () => void;
  /** Skeletons, as high as what comes. */
  children: ReactNode;
}) {
  const text = useTexts();
  const isMissing = error ? isUnknown(error) : found === null;
  return (
    <Screen title={text(`${kind}.title`)}>
      {isMissing ? (
        <Empty next={<ButtonLink to={LISTS[kind]}>{text(`${kind}.all`)}</ButtonLink>}>
          {text(`${kind}.missing`)}
        </Empty>
      ) : error ? (
        <Problem error={error} onRetry={onRetry} />
      ) : (
        <Stack aria-busy>{children}</Stack>
      )}
    </Screen>
  );
}
