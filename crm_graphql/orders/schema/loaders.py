"""The orders of many customers in one query."""

from __future__ import annotations

from strawberry.dataloader import DataLoader

from crm_graphql.core.paging import Page, Row
from crm_graphql.gql.context import Context
from crm_graphql.gql.loaders import ChildPage, child_pages
from crm_graphql.orders.queries import orders_of_customers


def orders_of_customer_loader(_context: Context) -> DataLoader[ChildPage, Page[Row]]:
    """A customer's orders, newest first."""
    return child_pages(orders_of_customers)
