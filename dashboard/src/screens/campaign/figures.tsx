/** The figures of a campaign: who has it, how fast it goes, when it ends, what came of it. */
import { SimpleGrid, Stack, Text } from '@mantine/core';
import { FormattedNumber, useIntl } from 'react-intl';
import { CampaignBar } from '../../components/bar';
import { Figure } from '../../components/figure';
import { useMoney } from '../../components/money';
import { Panel } from '../../components/panel';
import { useTexts } from '../../texts';
import type { Campaign, Progress } from './live';

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
  const { messagesPerSecond, estimatedEndAt, waitingUntil, campaign } = progress ?? {};
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
      {campaign?.pauseReason && <Text size="sm">{campaign.pauseReason}</Text>}
    </Stack>
  );
}

const RESULTS = ['opens', 'clicks', 'bounces', 'complaints', 'unsubscribes', 'orders'] as const;

/** What came of it, in people; of opens and clicks only where they are tracked. */
export function Results({ campaign, progress }: { campaign: Campaign; progress: Progress | undefined }) {
  const text = useTexts();
  const money = useMoney();
  const results = progress?.results;
  const isTracked = { opens: campaign.tracksOpens, clicks: campaign.tracksClicks };
  const names = RESULTS.filter((name) => (name in isTracked ? isTracked[name as 'opens'] : true));
  return (
    <Panel title={text('results.title')}>
      <SimpleGrid cols={{ base: 2, xs: 3, md: names.length + 1 }} spacing="sm">
        {names.map((name) => (
          <Figure key={name} label={text(`results.${name}`)}>
            {results && <FormattedNumber value={results[name]} />}
          </Figure>
        ))}
        <Figure label={text('results.revenue')}>{results && money(results.revenue, true)}</Figure>
      </SimpleGrid>
    </Panel>
  );
}
