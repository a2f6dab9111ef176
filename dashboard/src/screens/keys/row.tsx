/** One key, and its end. */
import { Badge, Code, Table, Text } from '@mantine/core';
import { useChange } from '../../api/change';
import { ConfirmedButton } from '../../components/confirm';
import { Errors } from '../../components/errors';
import { Moment } from '../../components/moment';
import { useTexts } from '../../texts';
import type { Key } from './page';
import { REVOKE } from './queries';

export function Row({
  apiKey,
  mayWrite,
  onRevoked,
}: {
  apiKey: Key;
  mayWrite: boolean;
  onRevoked: (name: string) => Promise<void>;
}) {
  const text = useTexts();
  const { isBusy, errors, change } = useChange();
  const { id, name, role, hint } = apiKey;
  const revoke = async () => {
    if (await change(REVOKE, { id })) await onRevoked(name);
  };
  return (
    <Table.Tr>
      <Table.Td style={{ overflowWrap: 'anywhere' }}>
        <Text size="sm" fw={600}>
          {name}
        </Text>
        <Code>{hint}…</Code>
        <Text size="sm" hiddenFrom="sm">
          {text(`role.${role}`)}
        </Text>
        <Errors errors={errors} />
      </Table.Td>
      <Table.Td visibleFrom="sm">{text(`role.${role}`)}</Table.Td>
      <Table.Td visibleFrom="lg">
        <Moment at={apiKey.createdAt} isDay />
      </Table.Td>
      <Table.Td visibleFrom="lg">
        {apiKey.lastUsedAt ? <Moment at={apiKey.lastUsedAt} /> : text('keys.unused')}
      </Table.Td>
      <Table.Td visibleFrom="sm">
        <Ends at={apiKey.expiresAt ?? null} />
      </Table.Td>
      {mayWrite && (
        <Table.Td ta="right">
          <ConfirmedButton
            label={text('keys.revoke')}
            subject={name}
            size="xs"
            question={text('keys.revoke.sure', { name })}
            color="red"
            isBusy={isBusy}
            onConfirm={() => void revoke()}
          />
        </Table.Td>
      )}
    </Table.Tr>
  );
}

function Ends({ at }: { at: string | null }) {
  const text = useTexts();
  if (at === null) return text('keys.endless');
  return (
    <>
      <Moment at={at} isDay />
      {hasPassed(at) && (
        <Badge color="red" variant="dot" tt="none">
          {text('keys.ended')}
        </Badge>
      )}
    </>
  );
}

function hasPassed(at: string): boolean {
  return Date.parse(at) <= Date.now();
}
