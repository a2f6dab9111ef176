/** States that the list can be narrowed to, in the order of a campaign's life. */
import type { CampaignStatus } from '../../gql/graphql';

export const STATUSES: readonly CampaignStatus[] = [
  'DRAFT',
  'SCHEDULED',
  'SENDING',
  'PAUSED',
  'COMPLETED',
  'CANCELLED',
  'FAILED',
];
