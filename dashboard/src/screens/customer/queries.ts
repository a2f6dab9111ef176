import { graphql } from '../../gql';

graphql(`
  fragment Profile on Customer {
    id
    externalId
    name
    email
    phone
    city
    country
    timeZone
    isTracked
    tags
    customFields
    revision
  }
`);

graphql(`
  fragment Words on Customer {
    id
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
`);

export const CUSTOMER = graphql(`
  query Customer($id: ID!) {
    customer(by: { id: $id }) {
      ...Profile
      ...Words
      formerExternalIds
      totalSpend
      visitCount
      firstVisitAt
      lastVisitAt
      createdAt
      groups(first: 50) {
        nodes {
          id
          name
        }
      }
    }
  }
`);

export const PROFILE = graphql(`
  query CustomerProfile($id: ID!) {
    customer(by: { id: $id }) {
      ...Profile
    }
  }
`);

export const CUSTOM_FIELDS = graphql(`
  query CustomFields {
    customFields {
      id
      key
      label
      type
      isRequired
      defaultValue
      minimum
      maximum
      options
    }
  }
`);

export const TOPICS = graphql(`
  query TopicNames {
    topics {
      id
      name
      isOptOut
    }
  }
`);

export const TIMELINE = graphql(`
  query Timeline($id: ID!, $after: String, $kinds: [TimelineKind!]) {
    customer(by: { id: $id }) {
      id
      timeline(first: 20, after: $after, kinds: $kinds) {
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
          ...Ends
        }
      }
    }
  }
`);

export const MESSAGES = graphql(`
  query CustomerMessages($id: ID!, $first: Int, $after: String, $last: Int, $before: String) {
    customer(by: { id: $id }) {
      id
      deliveries(first: $first, after: $after, last: $last, before: $before) {
        nodes {
          id
          channel
          status
          reason
          openedAt
          clickedAt
          updatedAt
          revision
          campaign {
            id
            name
          }
        }
        pageInfo {
          ...Ends
        }
      }
    }
  }
`);

export const MEDIA = graphql(`
  query CustomerMedia($id: ID!, $first: Int, $after: String, $last: Int, $before: String) {
    customer(by: { id: $id }) {
      id
      media(first: $first, after: $after, last: $last, before: $before) {
        nodes {
          id
          filename
          contentType
          status
          url
          thumbnailUrl
        }
        pageInfo {
          ...Ends
        }
      }
    }
  }
`);

/** Who else has one of the customer's addresses. */
export const SAME = graphql(`
  query SameAddress($rule: RuleInput!) {
    customers(first: 10, filter: { rule: $rule }) {
      nodes {
        id
        externalId
        name
        email
        phone
        totalSpend
      }
    }
  }
`);
