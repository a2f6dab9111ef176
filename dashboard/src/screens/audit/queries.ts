import { graphql } from '../../gql';

export const AUDIT = graphql(`
  query Audit($filter: AuditEventFilter, $first: Int, $after: String, $last: Int, $before: String) {
    auditEvents(filter: $filter, first: $first, after: $after, last: $last, before: $before) {
      nodes {
        id
        at
        actor
        action
        subjectId
        succeeded
        code
        ipAddress
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

export const ACTORS = graphql(`
  query Actors {
    users(first: 100) {
      nodes {
        id
        email
      }
    }
    apiKeys {
      id
      name
    }
  }
`);
