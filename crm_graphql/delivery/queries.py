"""Reading the ledger: by id, in lists, for many customers at once, and what changed since a cursor."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from enum import Enum
from typing import Any

from bson import ObjectId

from crm_graphql.core.actor import Actor, Permission
from crm_graphql.core.emails import plain_email
from crm_graphql.core.errors import LimitExceeded
from crm_graphql.core.paging import Page, PageRequest, Row, SortKey
from crm_graphql.core.phones import NotANumber, read_phone
from crm_graphql.customers.queries import SortDirection, keys_of_found
from crm_graphql.delivery.documents import Delivery, DeliveryReason, DeliveryStatus
from crm_graphql.delivery.same_addresses import address_key
from crm_graphql.mongo.pages import Parents, count_in_time, read_by_ids, read_child_pages, read_page, steady

NEWEST_FIRST = SortKey((("_id", -1),))
"""Of a customer: rows are made in the order of campaigns."""
RECIPIENTS_LIMIT = 1_000
"""Customers that a search may find: each is looked up in the campaign."""


class DeliverySortField(Enum):
    """What a campaign's deliveries can be ordered by."""

    LEDGER = "LEDGER"
    UPDATED_AT = "UPDATED_AT"


CHANGES_LIMIT = 500
_LAST_ID = ObjectId("f" * 24)


@dataclass(frozen=True, slots=True, order=True)
class LedgerPosition:
    """A place in a campaign's log of newest states: after this revision's row with this id."""

    revision: int
    delivery: ObjectId = _LAST_ID
    """The greatest possible id by default: after all rows of the revision."""


async def deliveries_by_ids(ids: Sequence[ObjectId]) -> Mapping[ObjectId, Row]:
    """The deliveries with these ids, by id."""
    return await read_by_ids(Delivery.get_pymongo_collection(), ids)


def list_filter(
    campaign_id: ObjectId,
    statuses: Sequence[DeliveryStatus] | None = None,
    reasons: Sequence[DeliveryReason] | None = None,
    variants: Sequence[str] | None = None,
    among: Sequence[ObjectId] | None = None,
) -> dict[str, Any]:
    """The MongoDB filter of a campaign's deliveries, or of those `among` these of it."""
    filter_: dict[str, Any] = {"campaign_id": campaign_id} if among is None else {"_id": {"$in": among}}
    if statuses is not None:
        filter_["status"] = {"$in": [status.value for status in statuses]}
    if reasons is not None:
        filter_["reason"] = {"$in": [reason.value for reason in reasons]}
    if variants is not None:
        filter_["variant"] = {"$in": list(variants)}
    return filter_


def sort_key(
    field: DeliverySortField = DeliverySortField.LEDGER, direction: SortDirection = SortDirection.ASC
) -> SortKey:
    """The order of a campaign's deliveries; that in which the ledger was written unless said.

    By their last change means by its revision: the order of commits, which clocks do not disturb.
    """
    way = 1 if direction is SortDirection.ASC else -1
    if field is DeliverySortField.LEDGER:
        return SortKey((("number", way),))
    return SortKey((("revision", way), ("_id", way)))


async def deliveries_to(
    actor: Actor, campaign_id: ObjectId, search: str | None, *, default_country: str | None
) -> list[ObjectId] | None:
    """The campaign's deliveries to those whom a search finds as it finds customers, and to this very address;
    None for all. Requires CUSTOMERS_READ for a search.

    Raises InvalidInput for a search too long, LimitExceeded for one that finds too many customers.
    """
    conditions = await _recipients(actor, campaign_id, search, default_country=default_country)
    if conditions is None:
        return None
    # Each from its own index, which MongoDB would leave for that of the order.
    found = [
        row["_id"]
        for condition, hint in zip(conditions, ("customer", "address"), strict=True)
        async for row in Delivery.get_pymongo_collection().find(
            {"campaign_id": campaign_id, **condition}, {"_id": 1}, hint=hint
        )
    ]
    return list(dict.fromkeys(found))


async def changes_filter(
    actor: Actor,
    campaign_id: ObjectId,
    statuses: Sequence[DeliveryStatus] | None,
    reasons: Sequence[DeliveryReason] | None,
    variants: Sequence[str] | None,
    search: str | None,
    *,
    default_country: str | None,
) -> dict[str, Any]:
    """The MongoDB filter of the deliveries that `changes_since` gives: those to whom the search finds now,
    also such as are not yet written down. Requires and raises as `deliveries_to`."""
    filter_ = list_filter(campaign_id, statuses, reasons, variants)
    conditions = await _recipients(actor, campaign_id, search, default_country=default_country)
    return filter_ if conditions is None else {**filter_, "$or": list(conditions)}


async def _recipients(
    actor: Actor, campaign_id: ObjectId, search: str | None, *, default_country: str | None
) -> tuple[dict[str, Any], dict[str, Any]] | None:
    """The conditions on a delivery to be to whom a search finds: by the customer, and by the address."""
    if search is None or not search.strip():
        return None
    actor.require(Permission.CUSTOMERS_READ)
    customers = await keys_of_found(search, limit=RECIPIENTS_LIMIT, default_country=default_country)
    if customers is None:
        message = f"More than {RECIPIENTS_LIMIT:,} customers are found. Give more of the name or address."
        raise LimitExceeded(message, path=("filter", "search"))
    addresses = [address_key(campaign_id, address) for address in _addresses(search, default_country)]
    return (
        {"customer_id": {"$in": customers}},
        {"address_key": {"$in": addresses, "$type": "binData"}},
    )


def _addresses(search: str, default_country: str | None) -> Iterator[str]:
    """What the search is as an address, as ingestion would have it."""
    yield plain_email(search)
    with suppress(NotANumber):
        yield read_phone(search.strip(), default_country)


async def list_deliveries(
    filter_: Mapping[str, Any], key: SortKey, page: PageRequest, *, fields: Mapping[str, int]
) -> Page[Row]:
    """A page of the deliveries that match."""
    return await read_page(Delivery.get_pymongo_collection(), filter_, key, page, fields)


async def count_deliveries(filter_: Mapping[str, Any]) -> int | None:
    """How many match; None where counting takes too long."""
    collection = steady(Delivery.get_pymongo_collection(), filter_.get("customer_id"))
    return await count_in_time(collection, filter_)


async def deliveries_of_customers(
    customers: Parents, page: PageRequest, fields: frozenset[str]
) -> Mapping[ObjectId, Page[Row]]:
    """For each customer the page of its deliveries, newest first, in one query."""
    return await read_child_pages(
        Delivery.get_pymongo_collection(),
        "customer_id",
        customers,
        NEWEST_FIRST,
        page,
        dict.fromkeys(fields, 1),
    )


async def changes_since(
    matching: Mapping[str, Any], position: LedgerPosition, *, up_to: int, fields: Mapping[str, int]
) -> Sequence[Row]:
    """The next of a campaign's rows that match, at most 500, that changed after `position` and by revision
    `up_to`.

    In the order of (revision, id): the last row is the next position. A row that changed several times
    comes once, with its newest state. `up_to` is a committed revision of the campaign, so that no row of it
    can still appear.
    """
    ahead = {"revision": {"$gt": position.revision, "$lte": up_to}}
    within = {"revision": position.revision, "_id": {"$gt": position.delivery}}
    places: list[dict[str, Any]] = [ahead] if position.delivery == _LAST_ID else [within, ahead]
    found: list[Row] = []
    for place in places:
        # One range of the index at a time: an $or would sort in memory.
        cursor = (
            Delivery.get_pymongo_collection()
            .find({**matching, **place}, {**fields, "revision": 1})
            .sort([("revision", 1), ("_id", 1)])
            .limit(CHANGES_LIMIT - len(found))
        )
        found.extend(await cursor.to_list())
        if len(found) >= CHANGES_LIMIT:
            break
    return found
