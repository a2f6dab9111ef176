"""The GraphQL face of orders."""

from crm_graphql.orders.schema.queries import order, orders

QUERIES = (order, orders)
