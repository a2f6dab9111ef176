"""Deliveries of people who were merged: nobody gets a campaign twice, and rows follow the person.

A campaign has one row a customer. Of two that are one person by now, the row of who was merged stays where it
is, under the id that they had, and is read with the other's; all other rows move. None changes its state for
that, so that no campaign's sums move. What still waits to be sent is asked about where it is claimed.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from bson import ObjectId
from pymongo.asynchronous.client_session import AsyncClientSession

from crm_graphql.customers.merged import merged_since
from crm_graphql.delivery.documents import Delivery, DeliveryStatus

Row = Mapping[str, Any]

MOVED_AT_ONCE = 1_000
_QUEUED, _SKIPPED = DeliveryStatus.QUEUED.value, DeliveryStatus.SKIPPED.value
_GETS_IT = [_QUEUED, DeliveryStatus.SENT.value, DeliveryStatus.DELIVERED.value]


class _People(NamedTuple):
    """Customers of a campaign of whom some were merged lately."""

    now: Mapping[ObjectId, ObjectId]
    """By the ids that they had or have: whose they are."""
    rows: Sequence[Row]
    """What the campaign has for them."""

    def of(self, key: ObjectId) -> ObjectId:
        """Who it is by now."""
        return self.now.get(key, key)


async def _people(
    campaign_id: ObjectId,
    customers: Collection[ObjectId],
    since: datetime,
    session: AsyncClientSession | None = None,
) -> _People:
    """In no time where nobody was merged since."""
    merged = await merged_since(since, customers, session=session)
    if not merged:
        return _People({}, ())
    keys = {*merged, *merged.values()}
    rows = Delivery.get_pymongo_collection().find(
        {"campaign_id": campaign_id, "customer_id": {"$in": list(keys)}},
        {"customer_id": 1, "status": 1, "number": 1},
        hint="customer",
        session=session,
    )
    return _People(merged, await rows.to_list())


async def left_out(
    campaign_id: ObjectId, customers: Collection[ObjectId], since: datetime, *, session: AsyncClientSession
) -> Collection[ObjectId]:
    """Those of a planner's page who get no row: who is another's by now, and who has one by a merge. In the
    transaction that writes the page."""
    people = await _people(campaign_id, customers, since, session)
    there = {people.of(row["customer_id"]) for row in people.rows if row["status"] != _SKIPPED}
    # A row that has moved is in the way of another, whatever its state.
    there |= {row["customer_id"] for row in people.rows}
    return {key for key in customers if key in people.now or key in there}


async def second_messages(campaign: Row, rows: Sequence[Row], since: datetime) -> Collection[ObjectId]:
    """Those of a sender's rows, by their ids, whose person gets the campaign by another row: one that is
    sent, or waits before them."""
    customers = {row["customer_id"] for row in rows if row["customer_id"]}
    people = await _people(campaign["_id"], customers, since)
    if not people.rows:
        return ()
    others: dict[ObjectId, list[Row]] = {}
    for row in people.rows:
        if row["status"] in _GETS_IT:
            others.setdefault(people.of(row["customer_id"]), []).append(row)
    numbers = {row["_id"]: row["number"] for row in people.rows}
    return {
        row["_id"]
        for row in rows
        if row["customer_id"]
        and any(
            other["_id"] != row["_id"]
            and (other["status"] != _QUEUED or other["number"] < numbers.get(row["_id"], 0))
            for other in others.get(people.of(row["customer_id"]), ())
        )
    }


async def move_deliveries(
    old: ObjectId, key: ObjectId, after: ObjectId | None, session: AsyncClientSession
) -> ObjectId | None:
    """Move a piece of the deliveries of who was merged, after the one with this id; the last one that was
    looked at, or None once there is no more.

    DuplicateKeyError where a planner writes one for the other in this moment: ask again.
    """
    deliveries = Delivery.get_pymongo_collection()
    beyond = {} if after is None else {"_id": {"$gt": after}}
    found = deliveries.find(
        {"customer_id": old, **beyond},
        {"campaign_id": 1},
        sort=[("_id", 1)],
        hint="of_customer",
        limit=MOVED_AT_ONCE,
        session=session,
    )
    rows = await found.to_list()
    if not rows:
        return None
    campaigns = [row["campaign_id"] for row in rows]
    taken = deliveries.find(
        {"campaign_id": {"$in": campaigns}, "customer_id": key},
        {"_id": 0, "campaign_id": 1},
        hint="customer",
        session=session,
    )
    both = {row["campaign_id"] async for row in taken}
    moved = [row["_id"] for row in rows if row["campaign_id"] not in both]
    if moved:
        await deliveries.update_many({"_id": {"$in": moved}}, {"$set": {"customer_id": key}}, session=session)
    last: ObjectId = rows[-1]["_id"]
    return last
