/** What the deliveries can be narrowed to, as addresses name it: states, reasons and variants, never a person. */
import type { DeliveryReason, DeliveryStatus } from '../../gql/graphql';

export const STATUSES: readonly DeliveryStatus[] = ['QUEUED', 'SENT', 'DELIVERED', 'FAILED', 'SKIPPED'];

export const REASONS: readonly DeliveryReason[] = [
  'NO_ADDRESS',
  'DUPLICATE_ADDRESS',
  'SUPPRESSED',
  'NO_CONSENT',
  'FREQUENCY_CAP',
  'CANCELLED',
  'ERASED',
  'EXPIRED',
  'HOLDOUT',
  'TEMPLATE_ERROR',
  'VENDOR_REJECTED',
  'BOUNCED',
  'COMPLAINED',
  'NO_RECEIPT',
  'OUTCOME_UNKNOWN',
  'OTHER',
];

export interface Filter {
  status?: DeliveryStatus;
  reason?: DeliveryReason;
  /** A variant's key. */
  variant?: string;
}

export interface Search extends Filter {
  /** The id of the delivery that is looked at. */
  delivery?: string;
}

/** A name of the campaign's own or an id: nothing that could hold an address. */
const PLAIN = /^[\w=-]{1,100}$/;

function plain(given: unknown): string | undefined {
  return typeof given === 'string' && PLAIN.test(given) ? given : undefined;
}

/** What an address holds of all this, and nothing else of it. */
export function searchOf(given: Record<string, unknown>): Search {
  const status = STATUSES.find((one) => one === given['status']);
  const reason = REASONS.find((one) => one === given['reason']);
  const variant = plain(given['variant']);
  const delivery = plain(given['delivery']);
  return {
    ...(status && { status }),
    ...(reason && { reason }),
    ...(variant && { variant }),
    ...(delivery && { delivery }),
  };
}

/** With one of them changed: null takes it away. */
export function changed(filter: Filter, name: keyof Filter, value: string | null): Filter {
  return searchOf({ ...filter, [name]: value });
}
