"""The GraphQL face of insights."""

from crm_graphql.insights.schema.queries import insights

QUERIES = (insights,)
