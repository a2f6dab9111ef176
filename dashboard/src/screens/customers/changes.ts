/** What can be done with many customers at once. */
import { graphql } from '../../gql';

export const TAG = graphql(`
  mutation CustomersTag($input: CustomersTagInput!) {
    customersTag(input: $input) {
      operation {
        ...OperationParts
      }
      errors {
        ...Refusal
      }
    }
  }
`);

export const GROUP_ADD = graphql(`
  mutation GroupMembersAdd($input: GroupMembersInput!) {
    groupMembersAdd(input: $input) {
      operation {
        ...OperationParts
      }
      errors {
        ...Refusal
      }
    }
  }
`);

export const GROUP_REMOVE = graphql(`
  mutation GroupMembersRemove($input: GroupMembersInput!) {
    groupMembersRemove(input: $input) {
      operation {
        ...OperationParts
      }
      errors {
        ...Refusal
      }
    }
  }
`);

export const GROUP_CREATE = graphql(`
  mutation GroupCreate($name: String!) {
    groupCreate(input: { name: $name }) {
      group {
        id
        name
      }
      errors {
        ...Refusal
      }
    }
  }
`);

export const EDIT = graphql(`
  mutation CustomersEdit($updates: [CustomerUpdateInput!]!) {
    customersUpdate(input: { updates: $updates }) {
      customers {
        id
        city
        country
        timeZone
        isTracked
        revision
      }
      errors {
        ...Refusal
      }
    }
  }
`);

export const EXPORT = graphql(`
  mutation CustomersExport($customers: CustomersTargetInput, $format: ExportFormat!) {
    exportCreate(input: { subject: CUSTOMERS, format: $format, customers: $customers }) {
      export {
        ...Begun
      }
      errors {
        ...Refusal
      }
    }
  }
`);
