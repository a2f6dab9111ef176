"""The deliveries of many customers in one query."""

from __future__ import annotations

from strawberry.dataloader import DataLoader

from crm_graphql.core.paging import Page, Row
from crm_graphql.delivery.queries import deliveries_of_customers
from crm_graphql.gql.context import Context
from crm_graphql.gql.loaders import ChildPage, child_pages


def deliveries_of_customer_loader(_context: Context) -> DataLoader[ChildPage, Page[Row]]:
    """A customer's deliveries, newest first."""
    return child_pages(deliveries_of_customers)
