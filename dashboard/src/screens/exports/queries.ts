import { graphql } from '../../gql';

/** What moves of an export while it is made. */
export const EXPORT_STATE = graphql(`
  fragment ExportState on Export {
    id
    status
    failureReason
    rows
    note
    expiresAt
  }
`);

export const EXPORTS = graphql(`
  query Exports($first: Int, $after: String, $last: Int, $before: String) {
    exports(first: $first, after: $after, last: $last, before: $before) {
      nodes {
        ...ExportState
        subject
        format
        createdBy
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

export const EXPORT_MOVES = graphql(`
  subscription ExportMoves($id: ID!) {
    exportProgress(exportId: $id) {
      ...ExportState
    }
  }
`);

export const EXPORT_ADDRESS = graphql(`
  query ExportAddress($id: ID!) {
    export(id: $id) {
      id
      url
    }
  }
`);

export const EXPORT_CREATE = graphql(`
  mutation ExportCreate($input: ExportCreateInput!) {
    exportCreate(input: $input) {
      export {
        id
      }
      errors {
        ...Refusal
      }
    }
  }
`);

/** What exports can be of: the newest are offered. */
export const EXPORT_SOURCES = graphql(`
  query ExportSources {
    audiences(first: 100) {
      nodes {
        id
        name
      }
    }
    campaigns(first: 100) {
      nodes {
        id
        name
      }
    }
  }
`);
