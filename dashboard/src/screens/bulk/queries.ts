import { graphql } from '../../gql';

export const OPERATIONS = graphql(`
  query BulkOperations($first: Int, $after: String, $last: Int, $before: String) {
    bulkOperations(first: $first, after: $after, last: $last, before: $before) {
      nodes {
        ...OperationParts
      }
      pageInfo {
        ...Ends
      }
    }
  }
`);

export const CANCEL = graphql(`
  mutation BulkOperationCancel($id: ID!) {
    bulkOperationCancel(input: { id: $id }) {
      operation {
        ...OperationParts
      }
      errors {
        ...Refusal
      }
    }
  }
`);

export const FAILURES = graphql(`
  query BulkOperationFailures($id: ID!, $first: Int, $after: String, $last: Int, $before: String) {
    bulkOperation(id: $id) {
      id
      failedCustomers(first: $first, after: $after, last: $last, before: $before) {
        nodes {
          id
          externalId
          name
          email
        }
        pageInfo {
          ...Ends
        }
      }
    }
  }
`);
