/** What the list can be narrowed to, as addresses hold it. */
import type { Channel, SuppressionReason } from '../../gql/graphql';

export const CHANNELS: readonly Channel[] = ['EMAIL', 'SMS', 'WHATSAPP'];
export const REASONS: readonly SuppressionReason[] = ['UNSUBSCRIBED', 'BOUNCED', 'COMPLAINED', 'MANUAL'];

export interface Address {
  channel?: Channel;
  reason?: SuppressionReason;
}

export function addressOf(given: Record<string, unknown>): Address {
  const channel = CHANNELS.find((one) => one === given['channel']);
  const reason = REASONS.find((one) => one === given['reason']);
  return { ...(channel && { channel }), ...(reason && { reason }) };
}
