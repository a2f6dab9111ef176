/** A part of a screen under a heading of its own. */
import { Card, Group, Title } from '@mantine/core';
import type { ReactNode } from 'react';

export function Panel({
  title,
  aside,
  mih,
  children,
}: {
  title: string;
  aside?: ReactNode;
  mih?: number;
  children: ReactNode;
}) {
  return (
    <Card component="section" withBorder mih={mih ?? 0} padding="md">
      <Group justify="space-between" mb="sm">
        <Title order={2} size="h5">
          {title}
        </Title>
        {aside}
      </Group>
      {children}
    </Card>
  );
}
