import { graphql } from '../../gql';

export const TOPICS = graphql(`
  query Topics {
    topics {
      id
      name
      slug
      description
      isOptOut
      createdAt
    }
  }
`);

export const CREATE = graphql(`
  mutation TopicCreate($input: TopicCreateInput!) {
    topicCreate(input: $input) {
      topic {
        id
        name
        slug
        description
        isOptOut
        createdAt
      }
      errors {
        ...Refusal
      }
    }
  }
`);

export const UPDATE = graphql(`
  mutation TopicUpdate($input: TopicUpdateInput!) {
    topicUpdate(input: $input) {
      topic {
        id
        name
        description
      }
      errors {
        ...Refusal
      }
    }
  }
`);

export const DELETE = graphql(`
  mutation TopicDelete($id: ID!) {
    topicDelete(input: { id: $id }) {
      deletedId
      errors {
        ...Refusal
      }
    }
  }
`);
