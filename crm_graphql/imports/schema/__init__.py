"""The GraphQL face of imports."""

from crm_graphql.imports.schema.mutations import import_mapping_delete, import_mapping_save
from crm_graphql.imports.schema.queries import import_fields, import_mappings

QUERIES = (import_fields, import_mappings)
MUTATIONS = (import_mapping_save, import_mapping_delete)
