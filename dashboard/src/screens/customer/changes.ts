/** What can be done with one customer. */
import { graphql } from '../../gql';

export const UPDATE = graphql(`
  mutation CustomerUpdate($input: CustomerUpdateInput!) {
    customerUpdate(input: $input) {
      customer {
        ...Profile
      }
      errors {
        ...Refusal
      }
    }
  }
`);

graphql(`
  fragment Sized on Group {
    id
    size
  }
`);

export const JOIN = graphql(`
  mutation CustomerJoin($group: ID!, $customer: ID!) {
    groupMembersAdd(input: { id: $group, target: { ids: [$customer] } }) {
      group {
        ...Sized
      }
      errors {
        ...Refusal
      }
    }
  }
`);

export const LEAVE = graphql(`
  mutation CustomerLeave($group: ID!, $customer: ID!) {
    groupMembersRemove(input: { id: $group, target: { ids: [$customer] } }) {
      group {
        ...Sized
      }
      errors {
        ...Refusal
      }
    }
  }
`);

export const CONSENT_SET = graphql(`
  mutation ConsentSet($input: ConsentSetInput!) {
    consentSet(input: $input) {
      customer {
        ...Words
      }
      errors {
        ...Refusal
      }
    }
  }
`);

export const SUPPRESS = graphql(`
  mutation CustomerSuppress($channel: Channel!, $address: String!) {
    suppressionsCreate(input: { channel: $channel, addresses: [$address], reason: MANUAL }) {
      suppressions {
        id
      }
      errors {
        ...Refusal
      }
    }
  }
`);

export const LIFT = graphql(`
  mutation CustomerLift($id: ID!) {
    suppressionDelete(input: { id: $id }) {
      deletedId
      errors {
        ...Refusal
      }
    }
  }
`);

export const ERASE = graphql(`
  mutation CustomerErase($id: ID!) {
    customerDelete(input: { customer: { id: $id } }) {
      deletedId
      errors {
        ...Refusal
      }
    }
  }
`);

graphql(`
  fragment Begun on Export {
    id
    status
  }
`);

export const EXPORT_PERSON = graphql(`
  mutation CustomerExport($id: ID!, $format: ExportFormat!) {
    exportCreate(input: { subject: CUSTOMERS, format: $format, customers: { ids: [$id] } }) {
      export {
        ...Begun
      }
      errors {
        ...Refusal
      }
    }
  }
`);

export const MERGE = graphql(`
  mutation CustomersMerge($into: ID!, $from: ID!) {
    customersMerge(input: { into: { id: $into }, from: { id: $from } }) {
      customer {
        ...Profile
      }
      mergedId
      errors {
        ...Refusal
      }
    }
  }
`);

export const DETACH = graphql(`
  mutation CustomerMediaDetach($id: ID!, $customer: ID!) {
    mediaDetach(input: { id: $id, customer: { id: $customer } }) {
      media {
        id
      }
      errors {
        ...Refusal
      }
    }
  }
`);
