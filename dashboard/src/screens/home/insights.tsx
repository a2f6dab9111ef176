/** What changed against the month before, with both figures. */
import { Badge, Group, SimpleGrid, Skeleton, Stack, Text } from '@mantine/core';
import { IconTrendingDown, IconTrendingUp } from '@tabler/icons-react';
import { useIntl } from 'react-intl';
import { useQuery } from 'urql';
import { TextLink } from '../../components/link';
import { Panel } from '../../components/panel';
import { Problem } from '../../components/problem';
import type { InsightsQuery } from '../../gql/graphql';
import { useTexts } from '../../texts';
import { INSIGHTS } from './queries';

type Insight = NonNullable<InsightsQuery['insights']>[number];

export function Insights() {
  const text = useTexts();
  const [{ data, error }, again] = useQuery({ query: INSIGHTS });
  const insights = data?.insights;
  return (
    <Panel title={text('home.insights')} mih={150}>
      {error && !insights && (
        <Problem
          error={error}
          onRetry={() => {
            again({ requestPolicy: 'network-only' });
          }}
        />
      )}
      {!error && !insights && <Skeleton height={80} aria-busy />}
      {insights?.length === 0 && <Text c="dimmed">{text('home.insights.empty')}</Text>}
      <SimpleGrid cols={{ base: 1, md: 2 }} spacing="lg">
        {insights?.map((insight) => (
          <One key={insight.title} insight={insight} />
        ))}
      </SimpleGrid>
    </Panel>
  );
}

function One({ insight: { title, text: sentence, value, before, campaign } }: { insight: Insight }) {
  const text = useTexts();
  return (
    <Stack gap={4}>
      <Group gap="xs">
        <Text size="sm" fw={600}>
          {title}
        </Text>
        <Change value={Number(value)} before={Number(before)} />
      </Group>
      <Text size="sm" c="dimmed">
        {sentence}{' '}
        {campaign && (
          <TextLink size="sm" to="/campaigns/$id" params={{ id: campaign.id }}>
            {text('home.insights.campaign')}
          </TextLink>
        )}
      </Text>
    </Stack>
  );
}

/** By how much it went up or down. More is not always better: so no colour says that it is. */
function Change({ value, before }: { value: number; before: number }) {
  const intl = useIntl();
  if (before === 0) return null;
  const share = (value - before) / Math.abs(before);
  const Direction = share < 0 ? IconTrendingDown : IconTrendingUp;
  return (
    <Badge variant="default" leftSection={<Direction size={14} aria-hidden />}>
      {intl.formatNumber(share, { style: 'percent', signDisplay: 'exceptZero' })}
    </Badge>
  );
}
