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
      }
      pageInfo {
        ...Ends
      }
      totalCount
    }
  }
`);

export const CHANGED = graphql(`
  subscription CustomersListChanged {
    customersChanged {
      at
    }
  }
`);

export const FILTER_NAMES = graphql(`
  query FilterNames($group: ID!, $audience: ID!, $withGroup: Boolean!, $withAudience: Boolean!) {
    group(id: $group) @include(if: $withGroup) {
      id
      name
    }
    audience(id: $audience) @include(if: $withAudience) {
      id
      name
      rule
    }
  }
`);

graphql(`
  fragment View on SavedView {
    id
    name
    state
    isShared
  }
`);

export const VIEWS = graphql(`
  query CustomersViews {
    savedViews(list: "customers") {
      ...View
    }
  }
`);

export const VIEW_SAVE = graphql(`
  mutation CustomersViewSave($input: SavedViewSaveInput!) {
    savedViewSave(input: $input) {
      savedView {
        ...View
      }
      errors {
        ...Refusal
      }
    }
  }
`);

export const VIEW_DELETE = graphql(`
  mutation CustomersViewDelete($id: ID!) {
    savedViewDelete(input: { id: $id }) {
      deletedId
      errors {
        ...Refusal
      }
    }
  }
`);

export const CREATE = graphql(`
  mutation CustomerCreate($input: CustomerCreateInput!) {
    customerCreate(input: $input) {
      customer {
        id
      }
      errors {
        ...Refusal
      }
    }
  }
`);
