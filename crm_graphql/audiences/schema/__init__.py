"""The GraphQL face of audiences."""

from crm_graphql.audiences.schema.inputs import HALF_WRITTEN_INPUTS as HALF_WRITTEN_INPUTS
from crm_graphql.audiences.schema.mutations import audience_create, audience_delete, audience_update
from crm_graphql.audiences.schema.queries import (
    audience,
    audience_explain,
    audience_preview,
    audiences,
    rule_fields,
)

QUERIES = (audience, audiences, audience_preview, audience_explain, rule_fields)
MUTATIONS = (audience_create, audience_update, audience_delete)
