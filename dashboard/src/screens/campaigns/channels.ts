/** How messages travel, those that are used most first. */
import type { Channel } from '../../gql/graphql';

export const CHANNELS: readonly Channel[] = ['EMAIL', 'SMS', 'WHATSAPP'];
