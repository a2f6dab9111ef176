import { graphql } from '../../gql';

export const CUSTOMER = graphql(`
  query Customer($id: ID!) {
    customer(by: { id: $id }) {
      id
      externalId
      name
      email
      phone
      city
      country
      tags
      totalSpend
      visitCount
      firstVisitAt
      lastVisitAt
      createdAt
      revision
      groups(first: 20) {
        nodes {
          id
          name
        }
      }
      consents {
        topic {
          id
          name
        }
        channel
        status
        changedAt
        source
      }
      suppressions {
        id
        channel
        reason
        createdAt
      }
    }
  }
`);

export const TIMELINE = graphql(`
  query Timeline($id: ID!, $after: String) {
    customer(by: { id: $id }) {
      id
      timeline(first: 20, after: $after) {
        nodes {
          id
          at
          kind
          actor
          title
        }
        pageInfo {
          hasNextPage
          endCursor
        }
      }
    }
  }
`);

export const ORDERS = graphql(`
  query CustomerOrders($id: ID!, $first: Int, $after: String, $last: Int, $before: String) {
    customer(by: { id: $id }) {
      id
      orders(first: $first, after: $after, last: $last, before: $before) {
        nodes {
          id
          externalId
          amount
          currency
          quantity
          orderedAt
        }
        pageInfo {
          hasNextPage
          hasPreviousPage
          startCursor
          endCursor
        }
      }
    }
  }
`);
