import { graphql } from '../../gql';

export const LAST = graphql(`
  query LastCampaigns {
    campaigns(first: 6) {
      nodes {
        ...CampaignRow
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
      value
      before
      campaign {
        id
      }
    }
  }
`);

/** Whether anything was begun at all. */
export const BEGUN = graphql(`
  query Begun {
    customers(first: 1) {
      nodes {
        id
      }
    }
    audiences(first: 1) {
      nodes {
        id
      }
    }
    campaigns(first: 1) {
      nodes {
        id
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
      waitingUntil
      stats {
        ...Counts
      }
      campaign {
        ...CampaignState
        name
        stats {
          ...Counts
        }
      }
    }
  }
`);
