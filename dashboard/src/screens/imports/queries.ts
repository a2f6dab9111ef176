import { graphql } from '../../gql';

export const IMPORTS = graphql(`
  query Imports($first: Int, $after: String, $last: Int, $before: String) {
    ingestions(first: $first, after: $after, last: $last, before: $before) {
      nodes {
        id
        kind
        status
        source
        isDryRun
        received
        accepted
        rejected
        incomplete
        created
        updated
        unchanged
        failed
        createdAt
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

export const IMPORT_MOVES = graphql(`
  subscription ImportMoves($id: ID!) {
    ingestionProgress(ingestionId: $id) {
      id
      status
      received
      accepted
      rejected
      incomplete
      created
      updated
      unchanged
      failed
    }
  }
`);
