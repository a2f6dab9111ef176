import { graphql } from '../../gql';

export const TEST = graphql(`
  mutation TestCampaign($input: CampaignTestInput!) {
    campaignTest(input: $input) {
      sent
      errors {
        path
        code
        message
      }
    }
  }
`);

export const LAUNCH_NOW = graphql(`
  mutation LaunchNow($id: ID!) {
    campaignLaunch(input: { id: $id }) {
      errors {
        path
        code
        message
      }
      campaign {
        id
        status
        launchedAt
        revision
      }
    }
  }
`);

export const SCHEDULE = graphql(`
  mutation Schedule($id: ID!, $at: DateTime!) {
    campaignSchedule(input: { id: $id, at: $at }) {
      errors {
        path
        code
        message
      }
      campaign {
        id
        status
        scheduledAt
        revision
      }
    }
  }
`);
