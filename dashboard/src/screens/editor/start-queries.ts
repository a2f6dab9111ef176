import { graphql } from '../../gql';

export const TEST = graphql(`
  mutation TestCampaign($input: CampaignTestInput!) {
    campaignTest(input: $input) {
      sent
      errors {
        ...Refusal
      }
    }
  }
`);

export const LAUNCH_NOW = graphql(`
  mutation LaunchNow($id: ID!) {
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

export const SCHEDULE = graphql(`
  mutation Schedule($id: ID!, $at: DateTime!) {
    campaignSchedule(input: { id: $id, at: $at }) {
      errors {
        ...Refusal
      }
      campaign {
        ...CampaignState
        scheduledAt
      }
    }
  }
`);
