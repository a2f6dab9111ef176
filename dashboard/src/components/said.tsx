/** What was just done, in a sentence that is read out; it takes the focus where what had it is gone. */
import { Text } from '@mantine/core';
import { useCallback, useRef, useState, type ReactNode } from 'react';

const CLOSED_MS = 400;

export function useSaid(): { said: ReactNode; say: (sentence: string) => void } {
  const [sentence, setSentence] = useState('');
  const place = useRef<HTMLParagraphElement>(null);
  const say = useCallback((next: string) => {
    setSentence(next);
    const takeLost = () => {
      const { activeElement } = document;
      if (activeElement === null || activeElement === document.body) place.current?.focus();
    };
    takeLost();
    // A window that closes gives the focus back late, and to a button that may be gone then.
    setTimeout(takeLost, CLOSED_MS);
  }, []);
  const said = (
    <Text ref={place} tabIndex={-1} role="status" size="sm" c="dimmed">
      {sentence}
    </Text>
  );
  return { said, say };
}
