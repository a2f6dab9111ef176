import { graphql } from '../../gql';

export const CUSTOMERS = graphql(`
  query Customers(
    $first: Int
    $after: String
    $last: Int
    $before: String
    $filter: CustomerFilter
    $sort: CustomerSort
  ) {
    customers(first: $first, after: $after, last: $last, before: $before, filter: $filter, sort: $sort) {
      nodes {
        id
        externalId
        name
        email
        country
        totalSpend
        visitCount
        lastVisitAt
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
