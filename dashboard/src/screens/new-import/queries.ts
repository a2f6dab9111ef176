import { graphql } from '../../gql';

export const IMPORT_FIELDS = graphql(`
  query ImportFields($kind: IngestionKind!) {
    importFields(kind: $kind) {
      field
      label
      description
      isRequired
      example
    }
  }
`);

export const KEPT_MAPPING = graphql(`
  fragment KeptMapping on ImportMapping {
    id
    name
    columns {
      column
      field
    }
    options {
      dateOrder
      decimalComma
      timeZone
      country
      empty
    }
    optionsSaid
  }
`);

export const IMPORT_MAPPINGS = graphql(`
  query ImportMappings($kind: IngestionKind!) {
    importMappings(kind: $kind) {
      ...KeptMapping
    }
  }
`);

export const MAPPING_SAVE = graphql(`
  mutation ImportMappingSave($input: ImportMappingSaveInput!) {
    importMappingSave(input: $input) {
      importMapping {
        ...KeptMapping
      }
      errors {
        ...Refusal
      }
    }
  }
`);

export const MAPPING_DELETE = graphql(`
  mutation ImportMappingDelete($id: ID!) {
    importMappingDelete(input: { id: $id }) {
      deletedId
      errors {
        ...Refusal
      }
    }
  }
`);
