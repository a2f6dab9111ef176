/** A button that fetches a file by an address that is asked for anew each time: such addresses grow old. */
import { Button, Group, Text, type ButtonProps } from '@mantine/core';
import { useState } from 'react';
import { useTexts } from '../texts';
import type { TextId } from '../texts/en';

export function DownloadButton({
  label,
  address,
  name,
  gone = 'file.gone',
  ...looks
}: {
  label: string;
  address: () => Promise<string | null | undefined>;
  /** What it is saved as, where its address does not say so. */
  name?: string;
  /** Said where there is no address. */
  gone?: TextId;
} & ButtonProps) {
  const text = useTexts();
  const [isBusy, setBusy] = useState(false);
  const [isGone, setGone] = useState(false);
  const download = async () => {
    setBusy(true);
    const found = await address();
    setBusy(false);
    setGone(!found);
    if (found) save(found, name);
  };
  return (
    <Group gap={isGone ? 'xs' : 0}>
      <Button variant="default" {...looks} loading={isBusy} onClick={() => void download()}>
        {label}
      </Button>
      <Text size="sm" c="dimmed" role="status">
        {isGone && text(gone)}
      </Text>
    </Group>
  );
}

function save(address: string, name: string | undefined): void {
  // It comes as a file to be saved: the page stays.
  if (name === undefined) {
    window.location.assign(address);
    return;
  }
  const link = document.createElement('a');
  link.href = address;
  link.download = name;
  link.click();
}
