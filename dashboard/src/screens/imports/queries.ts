import { graphql } from '../../gql';

/** How far an import is, in figures. */
export const IMPORT_COUNTS = graphql(`
  fragment ImportCounts on Ingestion {
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
`);

export const IMPORTS = graphql(`
  query Imports($first: Int, $after: String, $last: Int, $before: String) {
    ingestions(first: $first, after: $after, last: $last, before: $before) {
      nodes {
        ...ImportCounts
        kind
        source
        isDryRun
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
      ...ImportCounts
    }
  }
`);
