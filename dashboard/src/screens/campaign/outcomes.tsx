/** Why deliveries failed or were left out, and which links were followed. */
import { Anchor, Button, Group, Progress, Skeleton, Stack, Table, Text } from '@mantine/core';
import { memo, useState } from 'react';
import { FormattedNumber } from 'react-intl';
import { Panel } from '../../components/panel';
import { useTexts } from '../../texts';
import type { Outcomes } from './live';
import type { Filter } from './filters';

const FIRST_LINKS = 6;
const FIGURES = { fontVariantNumeric: 'tabular-nums' } as const;

export const Failures = memo(function Failures({
  failures,
  onFilter,
}: {
  failures: Outcomes['failures'] | undefined;
  onFilter: (filter: Filter) => void;
}) {
  const text = useTexts();
  const most = Math.max(1, ...(failures ?? []).map(({ count }) => count));
  return (
    <Panel title={text('campaign.failures')} mih={340}>
      {failures === undefined && <Skeleton height={200} />}
      {failures?.length === 0 && <Text c="dimmed">{text('campaign.failures.empty')}</Text>}
      <Stack gap="sm">
        {failures?.map(({ status, reason, reasonText, count }) => (
          <div key={`${status} ${reason} ${reasonText ?? ''}`}>
            <Group justify="space-between" wrap="nowrap" align="baseline">
              <Anchor
                component="button"
                ta="left"
                size="sm"
                onClick={() => {
                  onFilter({ status, reason });
                }}
              >
                {text(`reason.${reason}`)}
              </Anchor>
              <Text size="sm" style={{ fontVariantNumeric: 'tabular-nums' }}>
                <FormattedNumber value={count} />
              </Text>
            </Group>
            {reasonText && (
              <Text size="xs" c="dimmed" style={{ overflowWrap: 'anywhere' }}>
                {reasonText}
              </Text>
            )}
            <Progress
              size="xs"
              mt={4}
              aria-hidden
              value={(100 * count) / most}
              color={status === 'FAILED' ? 'red' : 'gray'}
            />
          </div>
        ))}
      </Stack>
    </Panel>
  );
});

/** Links with the people who followed them, and those of whose clicks only machines are known. */
export const Links = memo(function Links({ links }: { links: Outcomes['links'] | undefined }) {
  const text = useTexts();
  const [isWhole, setWhole] = useState(false);
  if (links?.length === 0)
    return (
      <Panel title={text('campaign.links')}>
        <Text c="dimmed">{text('campaign.links.empty')}</Text>
      </Panel>
    );
  return (
    <Panel title={text('campaign.links')}>
      {!links ? (
        <Skeleton height={80} />
      ) : (
        <Table layout="fixed">
          <Table.Thead>
            <Table.Tr>
              <Table.Th>{text('links.url')}</Table.Th>
              <Table.Th w={90} ta="right">
                {text('links.people')}
              </Table.Th>
              <Table.Th w={110} ta="right" visibleFrom="xs">
                {text('links.machines')}
              </Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {links.slice(0, isWhole ? links.length : FIRST_LINKS).map(({ url, clicks, machineClicks }) => (
              <Table.Tr key={url}>
                <Table.Td style={{ overflowWrap: 'anywhere' }}>{url}</Table.Td>
                <Table.Td ta="right" style={FIGURES}>
                  <FormattedNumber value={clicks} />
                </Table.Td>
                <Table.Td ta="right" style={FIGURES} visibleFrom="xs">
                  <FormattedNumber value={machineClicks} />
                </Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      )}
      {!isWhole && links && links.length > FIRST_LINKS && (
        <Button
          mt="xs"
          size="xs"
          variant="default"
          onClick={() => {
            setWhole(true);
          }}
        >
          {text('list.more')}
        </Button>
      )}
    </Panel>
  );
});
