"""The GraphQL face of duplicates."""

from crm_graphql.duplicates.schema.queries import customer_duplicates

QUERIES = (customer_duplicates,)
