/** What stands in the way of a launch, and what one may have overlooked; each leads to its field. */
import { Badge, Group, Skeleton, Stack, Text, UnstyledButton } from '@mantine/core';
import { useEffect } from 'react';
import { useIntl } from 'react-intl';
import { useQuery } from 'urql';
import { Panel } from '../../components/panel';
import type { CheckQuery } from '../../gql/graphql';
import { useTexts } from '../../texts';
import { en, type TextId } from '../../texts/en';
import { fieldAt } from './problems';
import { CHECK } from './queries';

export type Finding = NonNullable<CheckQuery['campaignCheck']>[number];

/** Of what was saved last: asked again with each save. */
export function useCheck(id: string, saves: number) {
  const [{ data, fetching, stale }, again] = useQuery({ query: CHECK, variables: { id } });
  useEffect(() => {
    if (saves > 0) again({ requestPolicy: 'network-only' });
  }, [saves, again]);
  return { findings: data?.campaignCheck, isBusy: fetching || stale };
}

export function Checklist({
  findings,
  isBusy,
  isDirty,
  onGo,
}: {
  findings: readonly Finding[] | null | undefined;
  isBusy: boolean;
  isDirty: boolean;
  onGo: (field: string) => void;
}) {
  const text = useTexts();
  const blocking = findings?.filter(({ isBlocking }) => isBlocking) ?? [];
  const others = findings?.filter(({ isBlocking }) => !isBlocking) ?? [];
  return (
    <Panel title={text('check.title')}>
      <Stack gap="sm" aria-busy={isBusy} role="status">
        {isDirty && (
          <Text size="sm" c="dimmed">
            {text('check.saved')}
          </Text>
        )}
        {!findings && <Skeleton height={60} />}
        {findings?.length === 0 && <Text size="sm">{text('check.fine')}</Text>}
        <Findings title="check.blocking" color="red" findings={blocking} onGo={onGo} />
        <Findings title="check.others" color="orange" findings={others} onGo={onGo} />
      </Stack>
    </Panel>
  );
}

function Findings({
  title,
  color,
  findings,
  onGo,
}: {
  title: TextId;
  color: string;
  findings: readonly Finding[];
  onGo: (field: string) => void;
}) {
  const text = useTexts();
  const intl = useIntl();
  if (findings.length === 0) return null;
  return (
    <Stack gap={4}>
      <Group gap="xs">
        <Text fw={600} size="sm">
          {text(title)}
        </Text>
        <Badge color={color} variant="light" size="sm">
          {intl.formatNumber(findings.length)}
        </Badge>
      </Group>
      {findings.map((finding) => (
        <UnstyledButton
          key={`${finding.code} ${finding.path.join('.')} ${finding.message}`}
          p={6}
          style={{ borderRadius: 4, borderInlineStart: `3px solid var(--mantine-color-${color}-6)` }}
          onClick={() => {
            onGo(fieldAt(finding.path));
          }}
        >
          <Heading code={finding.code} />
          <Text size="sm" style={{ overflowWrap: 'anywhere' }}>
            {finding.message}
          </Text>
        </UnstyledButton>
      ))}
    </Stack>
  );
}

/** The kind of finding in the reader's language, where it is a known one. */
function Heading({ code }: { code: string }) {
  const text = useTexts();
  const id = `check.${code}`;
  return id in en ? (
    <Text size="xs" c="dimmed">
      {text(id as TextId)}
    </Text>
  ) : null;
}
