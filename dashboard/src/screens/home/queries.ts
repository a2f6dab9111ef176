import { graphql } from '../../gql';

export const HOME = graphql(`
  query Home {
    campaigns(first: 5) {
      nodes {
        id
        name
        status
        channel
        createdAt
        revision
        stats {
          total
          sent
          delivered
          failed
          skipped
        }
      }
    }
    customerStats {
      asOf
      total
      active
      totalSpend
    }
    report(metrics: [REVENUE], by: MONTH) {
      asOf
      rows {
        key
        label
        values
      }
    }
  }
`);

export const ACTIVE = graphql(`
  subscription Active {
    activeCampaigns {
      campaignId
      status
      revision
      at
      messagesPerSecond
      estimatedEndAt
      stats {
        total
        queued
        sent
        delivered
        failed
        skipped
      }
      campaign {
        id
        name
      }
    }
  }
`);
