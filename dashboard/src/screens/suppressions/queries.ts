import { graphql } from '../../gql';

export const SUPPRESSIONS = graphql(`
  query Suppressions(
    $channel: Channel
    $reasons: [SuppressionReason!]
    $search: String
    $first: Int
    $after: String
    $last: Int
    $before: String
  ) {
    suppressions(
      channel: $channel
      reasons: $reasons
      search: $search
      first: $first
      after: $after
      last: $last
      before: $before
    ) {
      nodes {
        id
        channel
        address
        reason
        createdAt
      }
      pageInfo {
        ...Ends
      }
      totalCount
    }
  }
`);

export const CLOSE = graphql(`
  mutation SuppressionsCreate($channel: Channel!, $addresses: [String!]!) {
    suppressionsCreate(input: { channel: $channel, addresses: $addresses, reason: MANUAL }) {
      suppressions {
        id
      }
      errors {
        ...Refusal
      }
    }
  }
`);

export const LIFT = graphql(`
  mutation SuppressionLift($id: ID!) {
    suppressionDelete(input: { id: $id }) {
      deletedId
      errors {
        ...Refusal
      }
    }
  }
`);
