/** The frame of what people see before they are signed in: a card in the middle, the language, light or dark. */
import { Center, Group, Paper, Skeleton, Stack, Text, Title } from '@mantine/core';
import { useDocumentTitle } from '@mantine/hooks';
import type { ReactNode } from 'react';
import { useTexts } from '../../texts';
import { Choices } from './choices';

export function Door({
  title,
  isWaiting = false,
  children,
}: {
  title: string;
  isWaiting?: boolean;
  children?: ReactNode;
}) {
  const text = useTexts();
  useDocumentTitle(`${title} · ${text('app.name')}`);
  return (
    <Center component="main" mih="100dvh" p="md">
      <Stack w={400} maw="100%">
        <Group justify="space-between" wrap="nowrap">
          <Text fw={700} fz="lg">
            {text('app.name')}
          </Text>
          <Choices />
        </Group>
        <Paper withBorder p={{ base: 'md', xs: 'xl' }} mih={360} aria-busy={isWaiting}>
          <Stack>
            <Title order={1} size="h3">
              {title}
            </Title>
            {isWaiting ? <Skeleton height={240} /> : children}
          </Stack>
        </Paper>
      </Stack>
    </Center>
  );
}
