/** How far a campaign is, as a bar and in words for those who do not see it. */
import { Progress } from '@mantine/core';
import { useTexts } from '../texts';

export interface Counts {
  total: number;
  sent: number;
  delivered: number;
  failed: number;
  skipped: number;
}

export function CampaignBar({ stats }: { stats: Counts }) {
  const text = useTexts();
  const { total, delivered, failed } = stats;
  const share = (count: number) => (total ? (100 * count) / total : 0);
  return (
    <Progress.Root size="lg" aria-label={text('campaign.announce', { delivered, total, failed })}>
      <Progress.Section value={share(delivered)} color="green" aria-label={text('stats.delivered')} />
      <Progress.Section value={share(stats.sent)} color="blue" aria-label={text('stats.sent')} />
      <Progress.Section value={share(failed)} color="red" aria-label={text('stats.failed')} />
      <Progress.Section value={share(stats.skipped)} color="gray" aria-label={text('stats.skipped')} />
    </Progress.Root>
  );
}
