"""The GraphQL face of bounces."""

from crm_graphql.bounces.schema.queries import bounces

QUERIES = (bounces,)
