"""The GraphQL face of exports."""

from crm_graphql.exports.schema.mutations import export_create
from crm_graphql.exports.schema.queries import export, exports
from crm_graphql.exports.schema.subscriptions import export_progress

QUERIES = (export, exports)
MUTATIONS = (export_create,)
SUBSCRIPTIONS = (export_progress,)
