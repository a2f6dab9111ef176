import { graphql } from '../../gql';

/** What moves of an import while it runs. */
export const IMPORT_STATE = graphql(`
  fragment ImportState on Ingestion {
    ...ImportCounts
    failureReason
    completedAt
    ignoredColumns
    rowErrorCounts {
      column
      code
      message
      count
      first
    }
  }
`);

export const IMPORT = graphql(`
  query Import($id: ID!) {
    ingestion(id: $id) {
      ...ImportState
      kind
      source
      isDryRun
      createdAt
      columns {
        column
        field
      }
    }
  }
`);

export const IMPORT_PROGRESS = graphql(`
  subscription ImportProgress($id: ID!) {
    ingestionProgress(ingestionId: $id) {
      ...ImportState
    }
  }
`);

export const ROW_ERRORS = graphql(`
  query RowErrors($id: ID!, $first: Int, $after: String, $last: Int, $before: String) {
    ingestion(id: $id) {
      id
      rowErrors(first: $first, after: $after, last: $last, before: $before) {
        nodes {
          row
          line
          externalId
          field
          column
          value
          message
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
  }
`);

export const REFUSED_ROWS = graphql(`
  query RefusedRows($id: ID!) {
    ingestion(id: $id) {
      id
      rowErrorsUrl
    }
  }
`);

export const REPLAY = graphql(`
  mutation Replay($id: ID!) {
    ingestionReplay(input: { id: $id }) {
      ingestion {
        id
        status
      }
      errors {
        ...Refusal
      }
    }
  }
`);
