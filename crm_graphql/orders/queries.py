"""Reading orders: by id or the caller's key, in lists, and for many customers at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from bson import ObjectId

from crm_graphql.core.paging import Page, PageRequest, Row, SortKey
from crm_graphql.customers.merged import FORMER_FIELD, keys_of, under
from crm_graphql.customers.queries import CustomerReference, find_customer
from crm_graphql.mongo.pages import Parents, count_in_time, read_by_ids, read_child_pages, read_page, steady
from crm_graphql.orders.documents import Order

NEWEST_FIRST = SortKey((("ordered_at", -1), ("_id", -1)))


async def find_order(
    *, key: ObjectId | None = None, external_id: str | None = None, fields: Mapping[str, int]
) -> Row | None:
    """The order by its key or the caller's own key, or None."""
    filter_ = {"_id": key} if key is not None else {"external_id": external_id}
    return await Order.get_pymongo_collection().find_one(filter_, fields)


async def orders_by_ids(ids: Sequence[ObjectId]) -> Mapping[ObjectId, Row]:
    """The orders with these ids, by id."""
    return await read_by_ids(Order.get_pymongo_collection(), ids)


async def list_filter(
    customer: CustomerReference | None = None,
    ordered_from: datetime | None = None,
    ordered_until: datetime | None = None,
) -> dict[str, Any]:
    """The MongoDB filter of a list: of one customer, from a moment (included) until another (excluded)."""
    filter_: dict[str, Any] = {}
    if customer is not None:
        found = await find_customer(customer, fields={FORMER_FIELD: 1})
        filter_["customer_id"] = under(keys_of(found)) if found else {"$in": []}
    if ordered_from is not None:
        filter_["ordered_at"] = {"$gte": ordered_from}
    if ordered_until is not None:
        filter_.setdefault("ordered_at", {})["$lt"] = ordered_until
    return filter_


async def list_orders(
    filter_: Mapping[str, Any], page: PageRequest, *, fields: Mapping[str, int]
) -> Page[Row]:
    """A page of the orders that match, newest first."""
    collection = steady(Order.get_pymongo_collection(), filter_.get("customer_id"))
    return await read_page(collection, filter_, NEWEST_FIRST, page, fields)


async def count_orders(filter_: Mapping[str, Any]) -> int | None:
    """How many match; None where counting takes too long."""
    collection = steady(Order.get_pymongo_collection(), filter_.get("customer_id"))
    return await count_in_time(collection, filter_)


async def orders_of_customers(
    customers: Parents, page: PageRequest, fields: frozenset[str]
) -> Mapping[ObjectId, Page[Row]]:
    """For each customer the page of its orders, newest first, in one query."""
    return await read_child_pages(
        Order.get_pymongo_collection(), "customer_id", customers, NEWEST_FIRST, page, dict.fromkeys(fields, 1)
    )
