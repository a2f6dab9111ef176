import { graphql } from "./gql";

export const Login = graphql(`
  mutation Login($input: LoginInput!) {
    login(input: $input) { tokens { accessToken accessTokenExpiresAt } errors { code message path } }
  }
`);

export const Refresh = graphql(`
  mutation Refresh {
    refresh { tokens { accessToken accessTokenExpiresAt } errors { code message path } }
  }
`);

export const BestCustomers = graphql(`
  query BestCustomers($first: Int!) {
    customers(first: $first) { nodes { id name totalSpend lastVisitAt } }
  }
`);
