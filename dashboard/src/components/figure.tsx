/** A figure under its name; a dash until it is known, of the same height. */
import { Paper, Text } from '@mantine/core';
import type { ReactNode } from 'react';

export function Figure({
  label,
  note,
  children,
}: {
  label: string;
  /** What is to be known beside it; an empty one keeps its height. */
  note?: string;
  children: ReactNode;
}) {
  return (
    <Paper withBorder p="sm">
      <Text size="sm" c="dimmed">
        {label}
      </Text>
      {/* Amounts in words, as 4,3 mill. USD, have no place to break in half of a phone. */}
      <Text
        fz={{ base: 18, xs: 22 }}
        fw={600}
        lh={1.3}
        style={{ fontVariantNumeric: 'tabular-nums', overflowWrap: 'anywhere' }}
      >
        {children ?? '–'}
      </Text>
      {note !== undefined && (
        <Text size="xs" c="dimmed" mih={18}>
          {note}
        </Text>
      )}
    </Paper>
  );
}
