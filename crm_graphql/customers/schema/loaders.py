"""Customers by id, and the lists that they hold, for all the objects of a request."""

from __future__ import annotations

from collections.abc import Sequence

from bson import ObjectId
from strawberry.dataloader import DataLoader

from crm_graphql.consents.queries import suppressions_of, words_of_customers
from crm_graphql.core.paging import Page, Row
from crm_graphql.customers.queries import customers_by_ids
from crm_graphql.delivery.queries import deliveries_of_customers
from crm_graphql.gql.context import Context
from crm_graphql.gql.loaders import ChildPage, by_key, child_pages
from crm_graphql.groups.queries import groups_by_ids
from crm_graphql.media.queries import attachments_of_customers
from crm_graphql.orders.queries import orders_of_customers


def customer_loader(_context: Context) -> DataLoader[ObjectId, Row | None]:
    """Customers by id."""
    return by_key(customers_by_ids)


def group_loader(_context: Context) -> DataLoader[ObjectId, Row | None]:
    """Groups by id, for those of customers."""
    return by_key(groups_by_ids)


def orders_of_customer_loader(_context: Context) -> DataLoader[ChildPage, Page[Row]]:
    """A customer's orders, newest first."""
    return child_pages(orders_of_customers)


def deliveries_of_customer_loader(_context: Context) -> DataLoader[ChildPage, Page[Row]]:
    """A customer's deliveries, newest first."""
    return child_pages(deliveries_of_customers)


def attachments_of_customer_loader(_context: Context) -> DataLoader[ChildPage, Page[Row]]:
    """What ties a customer to files, newest first."""
    return child_pages(attachments_of_customers)


def words_of_customer_loader(_context: Context) -> DataLoader[ChildPage, Page[Row]]:
    """A customer's words, newest first."""
    return child_pages(words_of_customers)


def suppressions_of_customer_loader(_context: Context) -> DataLoader[Row, Sequence[Row]]:
    """What closes customers' addresses, by the customers' documents."""

    async def load(customers: list[Row]) -> list[Sequence[Row]]:
        return list(await suppressions_of(customers))

    return DataLoader(load_fn=load, cache=False)
