"""The GraphQL face of consents."""

from crm_graphql.consents.schema.mutations import (
    consent_set,
    suppression_delete,
    suppressions_create,
    topic_create,
    topic_delete,
    topic_update,
)
from crm_graphql.consents.schema.queries import suppressions, topics

QUERIES = (topics, suppressions)
MUTATIONS = (
    topic_create,
    topic_update,
    topic_delete,
    consent_set,
    suppressions_create,
    suppression_delete,
)
