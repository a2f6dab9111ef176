"""The keeping of order counts: noted in the transactions that write orders, folded, counted again.

Each transaction that writes orders inserts one document with what it changed, which conflicts with nobody.
The sum of all documents is the truth; folding only makes them fewer. So a count is exact at every moment of
the database, whatever dies where."""

from __future__ import annotations

import asyncio
import time
from bisect import bisect_left
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from typing import Any

import structlog
from bson import ObjectId
from pymongo import ASCENDING
from pymongo.asynchronous.client_session import AsyncClientSession

from crm_graphql.customers.merged import found_by_keys, under
from crm_graphql.mongo.transactions import Transact
from crm_graphql.orders.counts import LAST, Columns, Counts, day_slots, month_of, slot_begins, slot_of
from crm_graphql.orders.documents import WALK, Order, OrderCounts, OrderCountsWalk

FOLD_FROM = 100
"""Documents that are not folded are left until there are so many: each fold writes the months that it
meets."""
FOLD_AT_ONCE = 100
WALK_SECONDS = 1.0
"""So long a round goes on until all orders were counted once; then one day is enough."""
FEW_ORDERS = 20_000
"""The first time through a month of fewer is counted at once."""
BATCH = 10_000

log = structlog.get_logger(__name__)


async def note_counts(counts: Counts, session: AsyncClientSession) -> None:
    """Note what a transaction changed, in it."""
    if counts:
        await OrderCounts.get_pymongo_collection().insert_one(
            {"month": None, **counts.packed()}, session=session
        )


async def uncount_customer(keys: Sequence[ObjectId], session: AsyncClientSession) -> None:
    """Count all orders of a customer out, under all the keys that it has had, in the transaction that erases
    it."""
    counts = Counts()
    orders = Order.get_pymongo_collection().find(
        {"customer_id": under(keys)}, {"_id": 0, "amount": 1, "ordered_at": 1}, session=session
    )
    async for order in orders:
        counts.remove(order["amount"], order["ordered_at"])
    await note_counts(counts, session)


async def fold_counts(transact: Transact, *, least: int | None = None) -> int:
    """Put what was noted to the counts of its months, while there are `least` notes; how many there were.

    Bears being run twice at once: of two that fold the same one is run again, and finds it done.
    """
    total = 0
    while folded := await transact(partial(_fold, FOLD_FROM if least is None else least)):
        total += folded
    return total


async def _fold(least: int, session: AsyncClientSession) -> int:
    collection = OrderCounts.get_pymongo_collection()
    notes = await collection.find({"month": None}, session=session).limit(FOLD_AT_ONCE).to_list()
    if len(notes) < max(1, least):
        return 0
    added = Counts()
    for note in notes:
        added.add_packed(note)
        # Many numbers: others in this process shall have their turns.
        await asyncio.sleep(0)
    months = added.by_month()
    rows = await collection.find({"month": {"$in": list(months)}}, session=session).to_list()
    for row in rows:
        months[row["month"]].add_packed(row)
        await asyncio.sleep(0)
    await collection.delete_many({"_id": {"$in": [row["_id"] for row in (*notes, *rows)]}}, session=session)
    folded = [{"month": month, **counts.packed()} for month, counts in months.items() if counts]
    if folded:
        await collection.insert_many(folded, session=session)
    return len(notes)


async def walk_orders(transact: Transact) -> bool:
    """Count some days again, from where the last walk stopped; True where it came to the end of all orders.

    The first time through makes the counts, for a second at once; later walks go slowly, and mend what a
    process of a former release has written without them, or somebody by hand.
    """
    walks = OrderCountsWalk.get_pymongo_collection()
    walk: Mapping[str, Any] = await walks.find_one({"_id": WALK}) or {}
    place: datetime | None = walk.get("next_at")
    is_complete = walk.get("is_complete", False)
    until = time.monotonic() + (0 if is_complete else WALK_SECONDS)
    while True:
        place = await _recount_day(place, transact, is_news=is_complete)
        if place is None or time.monotonic() >= until:
            break
    changes = {"next_at": place, **({"is_complete": True} if place is None else {})}
    await walks.update_one({"_id": WALK}, {"$set": changes}, upsert=True)
    return place is None


async def _recount_day(place: datetime | None, transact: Transact, *, is_news: bool) -> datetime | None:
    """Count the next day with orders or counts from `place` on; what comes after it, None at last."""
    begins = await _next_moment(place)
    if begins is None:
        return None
    first, end = day_slots(begins.date())
    if not is_news:
        end = await _longer(first, end)
    corrected = await transact(partial(_correct, first, end))
    if corrected and is_news:
        log.warning(
            "orders of a day had been written without their counts",
            day=f"{begins:%Y-%m-%d}",
            quarters=corrected,
        )
    return None if slot_begins(end) == LAST else slot_begins(end)


async def _longer(first: int, end: int) -> int:
    """The end of the month instead of the day's, where there are few orders until then."""
    day = slot_begins(first)
    year, month = divmod(day.year * 12 + day.month, 12)
    if year > LAST.year:
        return end
    later = slot_of(datetime(year, month + 1, 1, tzinfo=UTC))
    within = {"ordered_at": {"$gte": day, "$lt": slot_begins(later)}}
    orders = Order.get_pymongo_collection()
    many = await orders.count_documents(within, limit=FEW_ORDERS, hint="ordered_at")
    return later if many < FEW_ORDERS else end


async def _next_moment(place: datetime | None) -> datetime | None:
    """The first moment from `place` on that has an order, or a count of any."""
    later: Mapping[str, Any] = {} if place is None else {"ordered_at": {"$gte": place}}
    orders = Order.get_pymongo_collection().find(later, {"_id": 0, "ordered_at": 1})
    found = [row["ordered_at"] async for row in orders.sort("ordered_at", ASCENDING).limit(1)]
    first = None if place is None else slot_of(place)
    collection = OrderCounts.get_pymongo_collection()
    since = {"$gte": 0 if first is None else month_of(first)}
    # The second month, where of the first one nothing is left.
    months = await collection.find({"month": since}).sort("month", ASCENDING).limit(2).to_list()
    for row in (*months, *await collection.find({"month": None}).to_list()):
        slots = Columns.of(row).slots
        position = 0 if first is None else bisect_left(slots, first)
        found += [slot_begins(slot) for slot in slots[position : position + 1]]
    return min(found, default=None)


async def _correct(first: int, end: int, session: AsyncClientSession) -> int:
    """Note the difference between the orders of some quarters and their counts; how many quarters differ.

    Both are read as of one moment, so that what others write meanwhile is in both or in neither.
    """
    difference, there = Counts(), Counts()
    await _count_orders(first, end, difference, session)
    months = {"month": {"$in": [None, month_of(first)]}}
    async for row in OrderCounts.get_pymongo_collection().find(months, session=session):
        there.add_packed(row, first=first, end=end)
    difference.subtract(there)
    await note_counts(difference, session)
    return len(list(difference.entries()))


async def _count_orders(first: int, end: int, counts: Counts, session: AsyncClientSession) -> None:
    """Count the orders themselves. Those of people who were erased count for nobody."""
    within = {"$gte": slot_begins(first)}
    if slot_begins(end) != LAST:
        within["$lt"] = slot_begins(end)
    orders = Order.get_pymongo_collection().find(
        {"ordered_at": within},
        {"_id": 0, "customer_id": 1, "amount": 1, "ordered_at": 1},
        session=session,
        batch_size=BATCH,
    )
    batch: list[Mapping[str, Any]] = []
    async for order in orders:
        batch.append(order)
        if len(batch) == BATCH:
            await _count_batch(batch, counts, session)
            batch.clear()
    await _count_batch(batch, counts, session)


async def _count_batch(
    batch: Sequence[Mapping[str, Any]], counts: Counts, session: AsyncClientSession
) -> None:
    owners = list({order["customer_id"] for order in batch})
    known = await found_by_keys(owners, {"_id": 1}, session=session)
    for order in batch:
        if order["customer_id"] in known:
            counts.add(order["amount"], order["ordered_at"])
