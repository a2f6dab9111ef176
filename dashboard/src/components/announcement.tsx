/** What changes by itself, for who does not see it: said politely, and not more often than it can be heard. */
import { VisuallyHidden } from '@mantine/core';
import { useThrottledValue } from '@mantine/hooks';

const EVERY_MS = 10_000;

export function Announcement({ children }: { children: string }) {
  const said = useThrottledValue(children, EVERY_MS);
  return (
    <VisuallyHidden role="status" aria-live="polite">
      {said}
    </VisuallyHidden>
  );
}
