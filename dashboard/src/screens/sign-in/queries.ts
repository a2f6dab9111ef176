import { graphql } from '../../gql';

export const DOORS = graphql(`
  query Doors {
    serverInfo {
      needsSetup
      registrationOpen
      googleLoginUrl
    }
  }
`);

export const LOGIN = graphql(`
  mutation Login($input: LoginInput!) {
    login(input: $input) {
      tokens {
        accessToken
        accessTokenExpiresAt
      }
      errors {
        ...Refusal
      }
    }
  }
`);

export const REGISTER = graphql(`
  mutation Register($input: RegisterInput!) {
    register(input: $input) {
      tokens {
        accessToken
        accessTokenExpiresAt
      }
      errors {
        ...Refusal
      }
    }
  }
`);
