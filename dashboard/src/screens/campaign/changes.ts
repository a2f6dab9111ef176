import { graphql } from '../../gql';

export const LAUNCH = graphql(`
  mutation Launch($id: ID!) {
    campaignLaunch(input: { id: $id }) {
      errors {
        ...Refusal
      }
      campaign {
        ...CampaignState
        launchedAt
      }
    }
  }
`);

export const PAUSE = graphql(`
  mutation Pause($id: ID!) {
    campaignPause(input: { id: $id }) {
      errors {
        ...Refusal
      }
      campaign {
        ...CampaignState
      }
    }
  }
`);

export const RESUME = graphql(`
  mutation Resume($id: ID!) {
    campaignResume(input: { id: $id }) {
      errors {
        ...Refusal
      }
      campaign {
        ...CampaignState
      }
    }
  }
`);

export const CANCEL = graphql(`
  mutation Cancel($id: ID!) {
    campaignCancel(input: { id: $id }) {
      errors {
        ...Refusal
      }
      campaign {
        ...CampaignState
      }
    }
  }
`);

export const DUPLICATE = graphql(`
  mutation Duplicate($id: ID!) {
    campaignDuplicate(input: { id: $id }) {
      errors {
        ...Refusal
      }
      campaign {
        id
        name
        status
        revision
      }
    }
  }
`);

/** Failures that passed by themselves, once more. */
export const RETRY = graphql(`
  mutation Retry($id: ID!) {
    campaignRetry(input: { id: $id }) {
      errors {
        ...Refusal
      }
      campaign {
        ...CampaignState
      }
    }
  }
`);
