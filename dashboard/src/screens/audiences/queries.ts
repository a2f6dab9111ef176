import { graphql } from '../../gql';

export const AUDIENCES = graphql(`
  query Audiences($search: String, $first: Int, $after: String, $last: Int, $before: String) {
    audiences(search: $search, first: $first, after: $after, last: $last, before: $before) {
      nodes {
        id
        name
        description
        ruleText
        size
        createdAt
        campaigns(first: 1) {
          totalCount
        }
      }
      pageInfo {
        hasNextPage
        hasPreviousPage
        startCursor
        endCursor
      }
      totalCount
    }
  }
`);

export const DELETE = graphql(`
  mutation AudienceDelete($input: AudienceDeleteInput!) {
    audienceDelete(input: $input) {
      deletedId
      errors {
        ...Refusal
      }
    }
  }
`);
