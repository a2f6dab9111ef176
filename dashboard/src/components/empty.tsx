/** What is shown where there is nothing yet: that it is so, and the next step. */
import { Stack, Text } from '@mantine/core';
import type { ReactNode } from 'react';

export function Empty({ children, next }: { children: ReactNode; next?: ReactNode }) {
  return (
    <Stack align="center" gap="xs" py="lg">
      <Text c="dimmed" ta="center">
        {children}
      </Text>
      {next}
    </Stack>
  );
}
