"""The GraphQL face of customers."""

from crm_graphql.customers.schema.inputs import RECORD_INPUTS as RECORD_INPUTS
from crm_graphql.customers.schema.mutations import (
    customer_create,
    customer_delete,
    customer_update,
    customers_merge,
    customers_update,
)
from crm_graphql.customers.schema.queries import customer, customers
from crm_graphql.customers.schema.subscriptions import customers_changed

QUERIES = (customer, customers)
MUTATIONS = (customer_create, customer_update, customer_delete, customers_update, customers_merge)
SUBSCRIPTIONS = (customers_changed,)
