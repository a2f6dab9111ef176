"""The GraphQL face of customers."""

from crm_graphql.customers.schema.queries import customer, customers

QUERIES = (customer, customers)
