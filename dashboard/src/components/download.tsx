/** A button that fetches a file by a signed address, asked for anew each time: such addresses grow old. */
import { Button, Group, Text, type ButtonProps } from '@mantine/core';
import { useState } from 'react';
import { useTexts } from '../texts';

export function DownloadButton({
  label,
  address,
  ...looks
}: { label: string; address: () => Promise<string | null | undefined> } & ButtonProps) {
  const text = useTexts();
  const [isBusy, setBusy] = useState(false);
  const [isGone, setGone] = useState(false);
  const download = async () => {
    setBusy(true);
    const found = await address();
    setBusy(false);
    setGone(!found);
    // It comes as a file to be saved: the page stays.
    if (found) window.location.assign(found);
  };
  return (
    <Group gap={isGone ? 'xs' : 0}>
      <Button variant="default" {...looks} loading={isBusy} onClick={() => void download()}>
        {label}
      </Button>
      <Text size="sm" c="dimmed" role="status">
        {isGone && text('file.gone')}
      </Text>
    </Group>
  );
}
