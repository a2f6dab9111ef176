"""The GraphQL face of custom fields."""

from crm_graphql.custom_fields.schema.mutations import (
    custom_field_create,
    custom_field_delete,
    custom_field_update,
)
from crm_graphql.custom_fields.schema.queries import custom_field, custom_fields

QUERIES = (custom_fields, custom_field)
MUTATIONS = (custom_field_create, custom_field_update, custom_field_delete)
