/** Selections that stand in operations of several screens. */
import { graphql } from '../gql';

export const COUNTS = graphql(`
  fragment Counts on DeliveryStats {
    total
    queued
    sent
    delivered
    failed
    skipped
  }
`);

/** What moves while a campaign is sent; the revision says which of two is the newer. */
export const CAMPAIGN_STATE = graphql(`
  fragment CampaignState on Campaign {
    id
    status
    revision
  }
`);

export const CAMPAIGN_ROW = graphql(`
  fragment CampaignRow on Campaign {
    ...CampaignState
    name
    channel
    createdAt
    stats {
      ...Counts
    }
  }
`);
