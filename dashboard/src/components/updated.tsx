/** How old what is shown is, and whether it is held. */
import { Button, Group, Text } from '@mantine/core';
import { useEffect, useState } from 'react';
import { useIntl } from 'react-intl';
import { useTexts } from '../texts';

export function Updated({
  at,
  isPaused,
  onPause,
  onAgain,
}: {
  at: number | null;
  isPaused: boolean;
  onPause: (isPaused: boolean) => void;
  /** Where nothing moves by itself. */
  onAgain?: (() => void) | undefined;
}) {
  const text = useTexts();
  return (
    <Group gap="xs">
      <Text size="sm" c="dimmed" style={{ fontVariantNumeric: 'tabular-nums' }}>
        {isPaused ? text('live.paused') : at !== null && <Ago at={at} />}
      </Text>
      <Button
        size="compact-sm"
        variant="default"
        onClick={() => {
          if (onAgain && !isPaused) onAgain();
          else onPause(!isPaused);
        }}
      >
        {text(isPaused ? 'live.resume' : onAgain ? 'live.again' : 'live.pause')}
      </Button>
    </Group>
  );
}

function Ago({ at }: { at: number }) {
  const text = useTexts();
  const intl = useIntl();
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    const clock = setInterval(() => {
      setNow(Date.now());
    }, 1_000);
    return () => {
      clearInterval(clock);
    };
  }, []);
  const seconds = Math.max(0, Math.round((now - at) / 1_000));
  const ago =
    seconds < 60
      ? intl.formatRelativeTime(-seconds, 'second', { style: 'short', numeric: 'auto' })
      : intl.formatRelativeTime(-Math.floor(seconds / 60), 'minute', { style: 'short' });
  return text('live.updated', { ago });
}
