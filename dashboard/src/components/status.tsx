/** The state of a campaign or a delivery: always a word, the colour only helps. */
import { Badge } from '@mantine/core';
import type { CampaignStatus, DeliveryStatus } from '../gql/graphql';
import { useTexts } from '../texts';

const COLORS: Record<CampaignStatus | DeliveryStatus, string> = {
  DRAFT: 'gray',
  SCHEDULED: 'blue',
  SENDING: 'indigo',
  PAUSED: 'orange',
  COMPLETED: 'green',
  CANCELLED: 'gray',
  FAILED: 'red',
  QUEUED: 'gray',
  SENT: 'blue',
  DELIVERED: 'green',
  SKIPPED: 'gray',
};

export function Status({ status }: { status: CampaignStatus | DeliveryStatus }) {
  const text = useTexts();
  return (
    <Badge color={COLORS[status]} variant="dot" tt="none" style={{ flexShrink: 0 }}>
      {text(`status.${status}`)}
    </Badge>
  );
}
