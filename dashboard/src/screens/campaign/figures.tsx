/** The figures of a campaign: who has it, how fast it goes, when it ends, what came of it. */
import { SimpleGrid, Stack, Text } from '@mantine/core';
import { FormattedNumber, useIntl } from 'react-intl';
import { CampaignBar } from '../../components/bar';
import { Figure } from '../../components/figure';
import { useMoney } from '../../components/money';
import { Panel } from '../../components/panel';
import { useTexts } from '../../texts';
import type { Campaign, Progress } from './live';

const PERCENT = { style: 'percent', maximumFractionDigits: 1 } as const;
const COUNTS = ['total', 'queued', 'sent', 'delivered', 'failed', 'skipped'] as const;

export function Figures({ campaign, progress }: { campaign: Campaign; progress: Progress | undefined }) {
  const text = useTexts();
  const { stats, status } = campaign;
  const isMoving = status === 'SENDING' || status === 'PAUSED';
  return (
    <Stack gap="sm">
      <CampaignBar stats={stats} />
      <SimpleGrid cols={{ base: 2, xs: 3, md: 6 }} spacing="sm">
        {COUNTS.map((name) => (
          <Figure key={name} label={text(`stats.${name}`)}>
            <FormattedNumber value={stats[name]} />
            {name === 'total' && !stats.totalIsFinal && isMoving && '…'}
          </Figure>
        ))}
      </SimpleGrid>
      {isMoving && <Pace progress={progress} />}
    </Stack>
  );
}

function Pace({ progress }: { progress: Progress | undefined }) {
  const text = useTexts();
  const intl = useIntl();
  const { messagesPerSecond, estimatedEndAt, waitingUntil } = progress ?? {};
  const moment = (at: string) => intl.formatDate(at, { dateStyle: 'medium', timeStyle: 'short' });
  return (
    <Stack gap={4} mih={22}>
      <Text size="sm">
        {typeof messagesPerSecond === 'number' && (
          <>
            {text('campaign.rate', { rate: messagesPerSecond })}
            {estimatedEndAt && ` · ${text('campaign.end', { moment: moment(estimatedEndAt) })}`}
          </>
        )}
      </Text>
      {waitingUntil && <Text size="sm">{text('campaign.waiting', { moment: moment(waitingUntil) })}</Text>}
    </Stack>
  );
}

const RESULTS = ['opens', 'clicks', 'bounces', 'complaints', 'unsubscribes', 'orders'] as const;

/** What came of it, in people; of opens and clicks only where they are tracked, and what machines did apart. */
export function Results({ campaign, progress }: { campaign: Campaign; progress: Progress | undefined }) {
  const text = useTexts();
  const intl = useIntl();
  const money = useMoney();
  const results = progress?.results;
  const { delivered } = campaign.stats;
  const names = RESULTS.filter(
    (name) => (name !== 'opens' || campaign.tracksOpens) && (name !== 'clicks' || campaign.tracksClicks),
  );
  const note = (name: (typeof RESULTS)[number]) => {
    if (!results) return '';
    const machines =
      name === 'opens' ? results.machineOpens : name === 'clicks' ? results.machineClicks : null;
    if (machines === null) return '';
    return text('results.machines', { count: machines });
  };
  return (
    <Panel title={text('results.title')}>
      <SimpleGrid cols={{ base: 2, xs: 3, md: names.length + 1 }} spacing="sm">
        {names.map((name) => (
          <Figure key={name} label={text(`results.${name}`)} note={note(name)}>
            {results && <FormattedNumber value={results[name]} />}
            {results && name !== 'orders' && delivered > 0 && (
              <Text span size="sm" c="dimmed" fw={400} ms={6}>
                {intl.formatNumber(results[name] / delivered, PERCENT)}
              </Text>
            )}
          </Figure>
        ))}
        <Figure label={text('results.revenue')} note={text('results.attributed')}>
          {results && money(results.revenue, true)}
        </Figure>
      </SimpleGrid>
    </Panel>
  );
}
