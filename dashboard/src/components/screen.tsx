/** What every screen has: its title, in the page and in the browser's tab, and what can be done at its right. */
import { Group, Stack, Title } from '@mantine/core';
import { useDocumentTitle } from '@mantine/hooks';
import type { ReactNode } from 'react';
import { useTexts } from '../texts';

export function Screen({
  title,
  aside,
  children,
}: {
  title: string;
  aside?: ReactNode;
  children: ReactNode;
}) {
  const text = useTexts();
  useDocumentTitle(`${title} · ${text('app.name')}`);
  return (
    <Stack maw={1280} mx="auto">
      <Group justify="space-between" mih={36}>
        <Title order={1} size="h2" style={{ overflowWrap: 'anywhere' }}>
          {title}
        </Title>
        {aside}
      </Group>
      {children}
    </Stack>
  );
}
