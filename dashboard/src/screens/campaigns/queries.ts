import { graphql } from '../../gql';

export const CAMPAIGNS = graphql(`
  query Campaigns($first: Int, $after: String, $last: Int, $before: String, $filter: CampaignFilter) {
    campaigns(first: $first, after: $after, last: $last, before: $before, filter: $filter) {
      nodes {
        ...CampaignRow
        scheduledAt
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
        ...CampaignState
        stats {
          ...Counts
        }
      }
    }
  }
`);

export const CREATE = graphql(`
  mutation CreateCampaign($input: CampaignCreateInput!) {
    campaignCreate(input: $input) {
      errors {
        ...Refusal
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
        ...Refusal
      }
      deletedId
    }
  }
`);
