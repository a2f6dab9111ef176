import { graphql } from '../../gql';

export const OWN_ACCOUNT = graphql(`
  query OwnAccount {
    viewer {
      role
      user {
        id
        email
        name
        createdAt
      }
      apiKey {
        id
        name
      }
    }
    sessions {
      id
      device
      ipAddress
      createdAt
      lastUsedAt
      isCurrent
    }
  }
`);

export const CHANGE_PASSWORD = graphql(`
  mutation PasswordChange($input: PasswordChangeInput!) {
    passwordChange(input: $input) {
      errors {
        ...Refusal
      }
    }
  }
`);

export const END = graphql(`
  mutation SessionRevoke($id: ID!) {
    sessionRevoke(input: { id: $id }) {
      revokedId
      errors {
        ...Refusal
      }
    }
  }
`);

export const END_OTHERS = graphql(`
  mutation SessionsRevokeOthers {
    sessionsRevokeOthers {
      revokedIds
      errors {
        ...Refusal
      }
    }
  }
`);
