/** The state of a campaign, a delivery, an import, a file: always a word, the colour only helps. */
import { Badge } from '@mantine/core';
import type {
  CampaignStatus,
  DeliveryStatus,
  ExportStatus,
  IngestionStatus,
  MediaStatus,
} from '../gql/graphql';
import { useTexts } from '../texts';

type AnyStatus = CampaignStatus | DeliveryStatus | IngestionStatus | ExportStatus | MediaStatus;

const COLORS: Record<AnyStatus, string> = {
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
  ACCEPTED: 'gray',
  RUNNING: 'indigo',
  PROCESSING: 'indigo',
  READY: 'green',
  REJECTED: 'red',
};

export function Status({ status }: { status: AnyStatus }) {
  const text = useTexts();
  return (
    <Badge color={COLORS[status]} variant="dot" tt="none" style={{ flexShrink: 0 }}>
      {text(`status.${status}`)}
    </Badge>
  );
}
