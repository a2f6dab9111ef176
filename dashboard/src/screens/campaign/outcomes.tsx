/** Why deliveries failed or were left out, and which links were followed. */
import { Anchor, Group, Progress, Skeleton, Stack, Text } from '@mantine/core';
import { FormattedNumber } from 'react-intl';
import { Panel } from '../../components/panel';
import { useTexts } from '../../texts';
import type { Outcomes } from './live';
import type { Filter } from './rows';

export function Failures({
  failures,
  onFilter,
}: {
  failures: Outcomes['failures'] | undefined;
  onFilter: (filter: Filter) => void;
}) {
  const text = useTexts();
  const most = Math.max(1, ...(failures ?? []).map(({ count }) => count));
  return (
    <Panel title={text('campaign.failures')} mih={300}>
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
}

export function Links({ links }: { links: NonNullable<Outcomes['links']> }) {
  const text = useTexts();
  return (
    <Panel title={text('campaign.links')}>
      <Stack gap="xs">
        {links.map(({ url, clicks }) => (
          <Group key={url} justify="space-between" wrap="nowrap">
            <Text size="sm" style={{ overflowWrap: 'anywhere' }}>
              {url}
            </Text>
            <Text size="sm">
              <FormattedNumber value={clicks} />
            </Text>
          </Group>
        ))}
      </Stack>
    </Panel>
  );
}
