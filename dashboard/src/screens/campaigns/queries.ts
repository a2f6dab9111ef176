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
        scheduledAt
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

export const CREATE = graphql(`
  mutation CreateCampaign($input: CampaignCreateInput!) {
    campaignCreate(input: $input) {
      errors {
        path
        code
        message
      }
      campaign {
        id
      }
    }
  }
`);

export const DELETE = graphql(`
  mutation DeleteCampaign($id: ID!) {
    campaignDelete(input: { id: $id }) {
      errors {
        path
        code
        message
      }
      deletedId
    }
  }
`);
