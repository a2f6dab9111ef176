"""Following of orders and ledgers: what changed is counted again, in bounded pieces, each exactly once.

Orders are heard of by notes that are written with them. What happens in a ledger is read in the order of its
revisions, which is that of its commits; orders of whom it happens to are noted. Each piece is one transaction
that takes what it was about out of what is left to do: killed anywhere, it is as if it had not begun.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from bson import ObjectId
from pymongo.asynchronous.client_session import AsyncClientSession

from crm_graphql.attribution.documents import LedgerPlace
from crm_graphql.attribution.recount import recount
from crm_graphql.attribution.windows import CLOCKS_DIFFER
from crm_graphql.bus.port import Bus
from crm_graphql.campaigns.documents import Campaign, CampaignStatus
from crm_graphql.campaigns.lifecycle import announce_results
from crm_graphql.customers.merged import FORMER_FIELD, found_by_keys, keys_of
from crm_graphql.delivery.documents import Delivery
from crm_graphql.mongo.leases import database_now
from crm_graphql.mongo.transactions import Transact
from crm_graphql.orders.changes import note_orders, noted_orders
from crm_graphql.orders.documents import Order, OrderChanges

Row = Mapping[str, Any]

ORDERS_AT_ONCE = 1_000
"""About so many orders one transaction counts; one note is never cut."""
NOTES_AT_ONCE = 500
TOLD_AT_ONCE = 50
"""Campaigns; each telling takes a moment in which others may tell the same."""
ROWS_AT_ONCE = 1_000
"""Of a ledger."""
LATE_COMMITS = timedelta(minutes=5)
"""A campaign may show a moment so long before its commit: several times as long as MongoDB lets a transaction
live."""
_FIRST_ID, _LAST_ID = ObjectId("0" * 24), ObjectId("f" * 24)
_LAUNCHED = [
    status.value
    for status in CampaignStatus
    if status not in (CampaignStatus.DRAFT, CampaignStatus.SCHEDULED)
]


class Follower:
    """Follows what changed since it last looked. One at a time does; two stay exact, only slower."""

    def __init__(self, transact: Transact, bus: Bus) -> None:
        self._transact = transact
        self._bus = bus
        self._since: datetime | None = None
        """Before this moment no campaign changed that was not looked at; None: all are to be looked at."""

    async def run(self, *, for_seconds: float) -> bool:
        """Follow for so long, then tell those who watch what moved. True once nothing is left to do."""
        until = time.monotonic() + for_seconds
        return await self._follow_ledgers(until) and await self._follow_orders(until)

    async def _follow_orders(self, until: float) -> bool:
        moved: set[ObjectId] = set()
        try:
            while (campaigns := await self._transact(_count_noted)) is not None:
                moved |= {*campaigns}
                if time.monotonic() >= until:
                    return False
        finally:
            await self._tell(moved)
        return True

    async def _tell(self, campaigns: Collection[ObjectId]) -> None:
        for some in _batches(campaigns):
            await asyncio.gather(*(announce_results(key, bus=self._bus) for key in some))

    async def _follow_ledgers(self, until: float) -> bool:
        now = await database_now()
        for campaign in await _changed_campaigns(self._since):

            async def step(session: AsyncClientSession, campaign: ObjectId = campaign) -> bool:
                return await _note_page(campaign, session)

            while await self._transact(step):
                if time.monotonic() >= until:
                    return False
        self._since = now - LATE_COMMITS
        return True


async def _count_noted(session: AsyncClientSession) -> Collection[ObjectId] | None:
    """Count what the oldest notes tell of; the campaigns that it moved. None where there was none."""
    notes = OrderChanges.get_pymongo_collection()
    found = notes.find({}, session=session, sort=[("_id", 1)], limit=NOTES_AT_ONCE)
    done: list[ObjectId] = []
    orders: dict[ObjectId, None] = {}
    async for note in found:
        done.append(note["_id"])
        orders |= dict.fromkeys(noted_orders(note["orders"]))
        if len(orders) >= ORDERS_AT_ONCE:
            break
    if not done:
        return None
    # First: another who is at the same is met before it costs anything.
    await notes.delete_many({"_id": {"$in": done}}, session=session)
    return await recount(list(orders), session)


def _batches(keys: Collection[ObjectId]) -> Iterator[list[ObjectId]]:
    ordered = sorted(keys)
    for at in range(0, len(ordered), TOLD_AT_ONCE):
        yield ordered[at : at + TOLD_AT_ONCE]


async def _changed_campaigns(since: datetime | None) -> Sequence[ObjectId]:
    """Those whose ledgers have changed and were not followed to their end, as it seems."""
    changed = {} if since is None else {"updated_at": {"$gte": since}}
    found = Campaign.get_pymongo_collection().find(
        {"status": {"$in": _LAUNCHED}, **changed, "attribution_days": {"$type": "int"}},
        {"revision": 1},
        hint="launched",
    )
    revisions = {row["_id"]: row["revision"] async for row in found}
    places = LedgerPlace.get_pymongo_collection().find({"_id": {"$in": list(revisions)}}, {"revision": 1})
    followed = {row["_id"]: row["revision"] async for row in places}
    return [key for key, revision in revisions.items() if followed.get(key, -1) < revision]


async def _note_page(key: ObjectId, session: AsyncClientSession) -> bool:
    """Note the orders of the next people in whose deliveries something changed. False at the end of the
    ledger."""
    campaign = await Campaign.get_pymongo_collection().find_one(
        {"_id": key}, {"revision": 1, "launched_at": 1, "holdout": 1}, session=session
    )
    assert campaign is not None, "a launched campaign stays"
    places = LedgerPlace.get_pymongo_collection()
    place = await places.find_one({"_id": key}, session=session) or {"revision": 0, "row": _FIRST_ID}
    rows = await _changed_rows(key, place, session)
    if people := {row["customer_id"] for row in rows if _matters(row, campaign)}:
        await note_orders(await _orders_since(people, campaign["launched_at"], session), session)
    is_end = len(rows) < ROWS_AT_ONCE
    # Of a revision that is read here nothing can still appear: rows are committed with their campaign's.
    reached = (campaign["revision"], _LAST_ID) if is_end else (rows[-1]["revision"], rows[-1]["_id"])
    changes = dict(zip(("revision", "row"), reached, strict=True))
    await places.update_one({"_id": key}, {"$set": changes}, upsert=True, session=session)
    return not is_end


async def _changed_rows(key: ObjectId, place: Row, session: AsyncClientSession) -> list[Row]:
    """In the order of (revision, id), from the place on."""
    within = {"revision": place["revision"], "_id": {"$gt": place["row"]}}
    ahead = {"revision": {"$gt": place["revision"]}}
    rows: list[Row] = []
    for part in (within, ahead):
        # One range of the index at a time: an $or would sort in memory.
        cursor = Delivery.get_pymongo_collection().find(
            {"campaign_id": key, **part},
            {"customer_id": 1, "revision": 1, "sent_at": 1, "attempt": 1},
            sort=[("revision", 1), ("_id", 1)],
            hint="revision",
            limit=ROWS_AT_ONCE - len(rows),
            session=session,
        )
        rows += await cursor.to_list()
        if len(rows) == ROWS_AT_ONCE:
            break
    return rows


def _matters(row: Row, campaign: Row) -> bool:
    """Whether orders may count for it, or may have: it was handed over, now or at an earlier attempt, or is
    of an experiment."""
    return bool(row["customer_id"] and (row["sent_at"] or row["attempt"] > 1 or campaign.get("holdout")))


async def _orders_since(
    customers: set[ObjectId], launched_at: datetime, session: AsyncClientSession
) -> list[ObjectId]:
    """The orders of these people since a launch, under all the keys that they have had; from the index
    alone."""
    people = await found_by_keys(customers, {FORMER_FIELD: 1}, session=session)
    keys = list({key for person in people.values() for key in keys_of(person)})
    found = Order.get_pymongo_collection().find(
        {"customer_id": {"$in": keys}, "ordered_at": {"$gte": launched_at - CLOCKS_DIFFER}},
        {"_id": 1},
        hint="customer_ordered_at",
        session=session,
    )
    return [row["_id"] async for row in found]
