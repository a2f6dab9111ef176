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
