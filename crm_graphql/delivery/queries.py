"""Reading the ledger: by id, in lists, for many customers at once, and what changed since a cursor."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bson import ObjectId

from crm_graphql.core.paging import Page, PageRequest, Row, SortKey
from crm_graphql.delivery.documents import Delivery, DeliveryReason, DeliveryStatus
from crm_graphql.mongo.pages import count_in_time, read_by_ids, read_child_pages, read_page

NEWEST_FIRST = SortKey((("_id", -1),))
"""Of a customer: rows are made in the order of campaigns."""
LEDGER_ORDER = SortKey((("number", 1),))
"""Of a campaign: the order in which the ledger was written."""

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
) -> dict[str, Any]:
    """The MongoDB filter of a campaign's deliveries."""
    filter_: dict[str, Any] = {"campaign_id": campaign_id}
    if statuses is not None:
        filter_["status"] = {"$in": [status.value for status in statuses]}
    if reasons is not None:
        filter_["reason"] = {"$in": [reason.value for reason in reasons]}
    return filter_


async def list_deliveries(
    filter_: Mapping[str, Any], page: PageRequest, *, fields: Mapping[str, int]
) -> Page[Row]:
    """A page of the deliveries that match, in the order of the ledger."""
    return await read_page(Delivery.get_pymongo_collection(), filter_, LEDGER_ORDER, page, fields)


async def count_deliveries(filter_: Mapping[str, Any]) -> int | None:
    """How many match; None where counting takes too long."""
    return await count_in_time(Delivery.get_pymongo_collection(), filter_)


async def deliveries_of_customers(
    customers: Sequence[ObjectId], page: PageRequest, fields: frozenset[str]
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
    campaign_id: ObjectId, position: LedgerPosition, *, up_to: int, fields: Mapping[str, int]
) -> Sequence[Row]:
    """The next rows, at most 500, that changed after `position` and by revision `up_to`.

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
            .find({"campaign_id": campaign_id, **place}, {**fields, "revision": 1})
            .sort([("revision", 1), ("_id", 1)])
            .limit(CHANGES_LIMIT - len(found))
        )
        found.extend(await cursor.to_list())
        if len(found) >= CHANGES_LIMIT:
            break
    return found
