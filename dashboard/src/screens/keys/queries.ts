import { graphql } from '../../gql';

export const KEYS = graphql(`
  query Keys {
    apiKeys {
      id
      name
      role
      hint
      createdAt
      lastUsedAt
      expiresAt
    }
  }
`);

export const CREATE = graphql(`
  mutation ApiKeyCreate($input: ApiKeyCreateInput!) {
    apiKeyCreate(input: $input) {
      apiKey {
        id
        name
      }
      secret
      errors {
        ...Refusal
      }
    }
  }
`);

export const REVOKE = graphql(`
  mutation ApiKeyRevoke($id: ID!) {
    apiKeyRevoke(input: { id: $id }) {
      revokedId
      errors {
        ...Refusal
      }
    }
  }
`);
