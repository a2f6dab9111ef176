"""The GraphQL face of the deployment's settings."""

from crm_graphql.deployment.schema.mutations import settings_update
from crm_graphql.deployment.schema.queries import settings

QUERIES = (settings,)
MUTATIONS = (settings_update,)
