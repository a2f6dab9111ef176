"""Reading orders: by id or the caller's key, in lists, and for many customers at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from bson import ObjectId
from pymongo.asynchronous.client_session import AsyncClientSession

from crm_graphql.core.paging import Page, PageRequest, Row, SortKey
from crm_graphql.customers.merged import FORMER_FIELD, keys_of, under
from crm_graphql.customers.queries import CustomerReference, find_customer
from crm_graphql.mongo.pages import Parents, count_in_time, read_by_ids, read_child_pages, read_page, steady
from crm_graphql.orders.counts import Columns
from crm_graphql.orders.documents import WALK, Order, OrderCounts, OrderCountsWalk

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


async def counts_are_whole() -> bool:
    """Whether all orders were counted once, so that their counts by time can be gone by."""
    walk = await OrderCountsWalk.get_pymongo_collection().find_one({"_id": WALK}, {"is_complete": 1})
    return walk is not None and walk.get("is_complete", False)


async def count_columns(session: AsyncClientSession | None = None) -> Sequence[Columns]:
    """All counts of orders by quarters of an hour, in columns whose sum is the truth: read them in a session
    of one moment. Some 50 KB for a month of orders."""
    rows = OrderCounts.get_pymongo_collection().find({}, session=session)
    return [Columns.of(row) async for row in rows]


async def ordered_between(session: AsyncClientSession | None = None) -> tuple[datetime, datetime] | None:
    """When the first and the last of all orders were made; None without orders."""
    orders = Order.get_pymongo_collection()
    found = []
    for way in (1, -1):
        ends = orders.find({}, {"_id": 0, "ordered_at": 1}, session=session).sort("ordered_at", way)
        found += [row["ordered_at"] async for row in ends.limit(1)]
    return (found[0], found[1]) if found else None
