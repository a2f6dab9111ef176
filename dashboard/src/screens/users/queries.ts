import { graphql } from '../../gql';

export const USERS = graphql(`
  query Users($first: Int, $after: String, $last: Int, $before: String) {
    users(first: $first, after: $after, last: $last, before: $before) {
      nodes {
        id
        email
        name
        role
        isActive
        createdAt
        lastSeenAt
      }
      pageInfo {
        hasNextPage
        hasPreviousPage
        startCursor
        endCursor
      }
      totalCount
    }
    viewer {
      user {
        id
      }
    }
  }
`);

export const INVITE = graphql(`
  mutation UserCreate($input: UserCreateInput!) {
    userCreate(input: $input) {
      user {
        id
        email
      }
      inviteUrl
      errors {
        ...Refusal
      }
    }
  }
`);

export const UPDATE = graphql(`
  mutation UserUpdate($input: UserUpdateInput!) {
    userUpdate(input: $input) {
      user {
        id
        name
        role
        isActive
      }
      errors {
        ...Refusal
      }
    }
  }
`);

export const RESET = graphql(`
  mutation UserPasswordReset($id: ID!) {
    userPasswordReset(input: { id: $id }) {
      resetUrl
      errors {
        ...Refusal
      }
    }
  }
`);
