import { graphql } from '../../gql';

export const AUDIENCE = graphql(`
  query Audience($id: ID!) {
    audience(id: $id) {
      id
      name
      description
      rule
      createdAt
      createdBy
      updatedAt
    }
  }
`);

export const USES = graphql(`
  query AudienceUses($id: ID!) {
    audience(id: $id) {
      id
      campaigns(first: 5) {
        nodes {
          id
          name
          status
          revision
        }
        totalCount
      }
    }
  }
`);

export const PREVIEW = graphql(`
  query AudiencePreview($rule: RuleInput!) {
    audiencePreview(rule: $rule, sampleSize: 5) {
      size
      ruleText
      reachable {
        channel
        size
      }
      sample {
        id
        externalId
        name
        city
        totalSpend
        lastVisitAt
      }
      errors {
        ...Refusal
      }
    }
  }
`);

export const EXPLAIN = graphql(`
  query AudienceExplain($rule: RuleInput!, $customer: CustomerRef!) {
    audienceExplain(rule: $rule, customer: $customer) {
      matches
      text
      nodes {
        path
        matches
        actual
      }
      errors {
        ...Refusal
      }
    }
  }
`);

export const PEOPLE = graphql(`
  query PeopleToChoose($search: String!) {
    customers(first: 8, filter: { search: $search }) {
      nodes {
        id
        externalId
        name
        email
      }
    }
  }
`);

export const CREATE = graphql(`
  mutation AudienceCreate($input: AudienceCreateInput!) {
    audienceCreate(input: $input) {
      audience {
        id
        name
        description
        rule
        createdAt
        createdBy
        updatedAt
      }
      warnings {
        message
      }
      errors {
        ...Refusal
      }
    }
  }
`);

export const UPDATE = graphql(`
  mutation AudienceUpdate($input: AudienceUpdateInput!) {
    audienceUpdate(input: $input) {
      audience {
        id
        name
        description
        rule
        updatedAt
        ruleText
        size
        sizeAt
      }
      warnings {
        message
      }
      errors {
        ...Refusal
      }
    }
  }
`);
