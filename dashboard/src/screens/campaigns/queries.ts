import { graphql } from '../../gql';

export const CAMPAIGNS = graphql(`
  query Campaigns($first: Int, $after: String, $last: Int, $before: String, $filter: CampaignFilter) {
    campaigns(first: $first, after: $after, last: $last, before: $before, filter: $filter) {
      nodes {
        id
        name
        status
        channel
        createdAt
        revision
        stats {
          total
          queued
          sent
          delivered
          failed
          skipped
        }
      }
      pageInfo {
        hasNextPage
        hasPreviousPage
        startCursor
        endCursor
      }
    }
  }
`);

export const MOVING = graphql(`
  subscription Moving {
    activeCampaigns {
      campaignId
      campaign {
        id
        status
        revision
        stats {
          total
          queued
          sent
          delivered
          failed
          skipped
        }
      }
    }
  }
`);
