import { graphql } from '../../gql';

export const LAST = graphql(`
  query LastCampaigns {
    campaigns(first: 6) {
      nodes {
        id
        name
        status
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
  }
`);

export const FIGURES = graphql(`
  query Figures {
    customerStats {
      asOf
      total
      active
      newLast30Days
      totalSpend
      customersByMonth {
        at
        value
      }
    }
    report(metrics: [REVENUE], by: MONTH) {
      asOf
      rows {
        key
        values
      }
    }
  }
`);

export const INSIGHTS = graphql(`
  query Insights {
    insights(first: 4) {
      title
      text
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
