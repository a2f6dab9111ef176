"""Customers by id, for all the objects of a request that name one."""

from __future__ import annotations

from bson import ObjectId
from strawberry.dataloader import DataLoader

from crm_graphql.core.paging import Row
from crm_graphql.customers.queries import customers_by_ids
from crm_graphql.gql.context import Context
from crm_graphql.gql.loaders import by_key


def customer_loader(_context: Context) -> DataLoader[ObjectId, Row | None]:
    """Customers by id."""
    return by_key(customers_by_ids)
