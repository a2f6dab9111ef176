import { graphql } from '../../gql';

export const SET = graphql(`
  mutation PasswordSet($input: PasswordSetInput!) {
    passwordSet(input: $input) {
      user {
        email
      }
      errors {
        ...Refusal
      }
    }
  }
`);
