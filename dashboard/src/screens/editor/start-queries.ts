import { graphql } from '../../gql';

export const TEST = graphql(`
  mutation TestCampaign($input: CampaignTestInput!) {
    campaignTest(input: $input) {
      sent
      errors {
        ...Refused
      }
    }
  }
`);

export const LAUNCH_NOW = graphql(`
  mutation LaunchNow($id: ID!) {
    campaignLaunch(input: { id: $id }) {
      errors {
        ...Refused
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
        ...Refused
      }
      campaign {
        ...CampaignState
        scheduledAt
      }
    }
  }
`);
