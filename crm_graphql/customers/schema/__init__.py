"""The GraphQL face of customers."""

from crm_graphql.customers.schema.queries import customer, customers
from crm_graphql.customers.schema.subscriptions import customers_changed

QUERIES = (customer, customers)
SUBSCRIPTIONS = (customers_changed,)
