"""Counts of orders by time are exact at every moment: while they are folded, gone through, and orders
move."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from consumers.figures import run_round
from crm_graphql.analytics.figures import FiguresKeeper
from crm_graphql.analytics.order_days import orders_by_day
from crm_graphql.analytics.questions import Span
from crm_graphql.analytics.reading import Budget
from crm_graphql.core.zones import zone_of
from crm_graphql.imports.kinds import IngestionKind
from crm_graphql.orders import count_keeping
from crm_graphql.orders.count_keeping import fold_counts, walk_orders
from crm_graphql.orders.counts import QUARTER, Counts, Entry, day_slots, slot_after, slot_begins, slot_of
from crm_graphql.orders.documents import Order, OrderCounts
from crm_graphql.orders.queries import counts_are_whole
from crm_graphql.resources import Resources
from tests.analytics.test_recount import walk
from tests.analytics.world import NOW, World, order
from tests.profiling import documents_examined, profiled

UTC_ZONE = zone_of("UTC")


async def counted() -> dict[int, tuple[int, int]]:
    """What all documents of counts say together."""
    counts = Counts()
    async for row in OrderCounts.get_pymongo_collection().find():
        counts.add_packed(row)
    return {entry.slot: (entry.orders, entry.amount) for entry in counts.entries()}


async def there() -> dict[int, tuple[int, int]]:
    """The same, counted from the orders of customers that are there."""
    database = Order.get_pymongo_collection().database
    known = {row["_id"] async for row in database.customers.find({}, {"_id": 1})}
    known |= {row["_id"] async for row in database.merged_customers.find({}, {"_id": 1})}
    orders, amounts = Counter[int](), Counter[int]()
    async for row in Order.get_pymongo_collection().find():
        if row["customer_id"] in known:
            orders[slot_of(row["ordered_at"])] += row["amount"] >= 0
            amounts[slot_of(row["ordered_at"])] += row["amount"]
    return {slot: (orders[slot], amounts[slot]) for slot in amounts if orders[slot] or amounts[slot]}


def test_a_quarter_holds_its_first_moment_and_not_its_last() -> None:
    for moment in (
        NOW,
        datetime(1969, 12, 31, 23, 59, 59, 999_000, tzinfo=UTC),
        datetime.min.replace(tzinfo=UTC),
    ):
        slot = slot_of(moment)
        assert slot_begins(slot) <= moment < slot_begins(slot) + QUARTER
        assert slot_begins(slot_after(moment)) - moment < QUARTER
        assert slot_after(slot_begins(slot)) == slot
    assert day_slots(NOW.date())[0] == slot_of(datetime(2024, 6, 15, tzinfo=UTC))


def test_counts_come_back_as_they_were_packed_however_large() -> None:
    source, counts = random.Random(3), Counts()
    for _ in range(500):
        counts.add_entry(
            Entry(source.randrange(-(10**6), 10**6), source.randrange(9), source.randrange(10**9))
        )
    counts.add_entry(Entry(5, 1, -(2**70)))
    counts.add_entry(Entry(6, 1, 2**70 + 1))
    again = Counts()
    again.add_packed(counts.packed())
    assert list(again.entries()) == list(counts.entries())
    again.subtract(counts)
    assert not again


async def shuffle(world: World, rounds: int) -> None:
    """Orders come, are replaced, moved and refunded, some by several writers at once; people are erased."""
    for _ in range(rounds):
        writers = [
            world.apply(IngestionKind.ORDERS, [_some_order(world, row) for row in range(40)])
            for _ in range(3)
        ]
        await asyncio.gather(*writers, return_exceptions=True)
        await world.erase(world.living.pop())
        await world.merge(world.living.pop(), world.living[0], moves=world.number % 2 == 0)


def _some_order(world: World, row: int) -> Any:
    pick = world.source.randrange
    at = NOW - timedelta(minutes=pick(60 * 24 * 70))
    return order(row, f"o{pick(300)}", f"c{pick(30)}", pick(-1000, 3000), at)


async def test_counts_are_exact_whatever_becomes_of_orders(resources: Resources) -> None:
    world = World(resources, living=[f"c{number}" for number in range(30)])
    await world.customers(world.living, NOW)
    for _ in range(4):
        await shuffle(world, 2)
        assert await counted() == await there() != {}
        await fold_counts(resources.in_transaction, least=1)
        assert await counted() == await there()
    months = await OrderCounts.get_pymongo_collection().distinct("month")
    assert set(months) == {2024 * 12 + 3, 2024 * 12 + 4, 2024 * 12 + 5}
    assert await OrderCounts.get_pymongo_collection().count_documents({}) == 3


async def test_folding_loses_nothing_while_orders_come_and_others_fold(
    resources: Resources, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(count_keeping, "FOLD_AT_ONCE", 3)
    world = World(resources)
    await world.customers(["ann"], NOW)
    stop = False

    async def fold() -> None:
        while not stop:
            await fold_counts(resources.in_transaction, least=1)
            await asyncio.sleep(0)

    async def go_through() -> None:
        while not stop:
            await walk_orders(resources.in_transaction)

    folding = [asyncio.create_task(one()) for one in (fold, fold, go_through)]
    for number in range(60):
        await world.orders((f"o{number % 20}", "ann", number, NOW - timedelta(hours=number)))
        if number % 10 == 0:
            assert await counted() == await there()
    stop = True
    await asyncio.gather(*folding)
    assert await counted() == await there()


@pytest.mark.parametrize("few", [20_000, 20])
async def test_a_walk_makes_the_counts_of_orders_that_were_there_before(
    resources: Resources, monkeypatch: pytest.MonkeyPatch, few: int
) -> None:
    monkeypatch.setattr(count_keeping, "FEW_ORDERS", few)
    world = World(resources, living=[f"c{number}" for number in range(30)])
    await world.customers(world.living, NOW)
    await shuffle(world, 1)
    right = await there()
    await OrderCounts.get_pymongo_collection().delete_many({})
    assert not await counts_are_whole()
    before = await orders_by_day(Span(), UTC_ZONE, Budget(9))
    await walk(resources)
    assert await counts_are_whole()
    assert await counted() == right
    assert await orders_by_day(Span(), UTC_ZONE, Budget(9)) == before


async def test_a_later_walk_mends_what_was_written_without_counts(resources: Resources) -> None:
    world = World(resources)
    await world.orders(*((f"o{number}", "ann", 5, NOW - timedelta(days=number)) for number in range(5)))
    await walk(resources)
    orders = Order.get_pymongo_collection()
    await orders.delete_one({"external_id": "o1"})
    await orders.update_one({"external_id": "o3"}, {"$set": {"ordered_at": NOW + timedelta(days=90)}})
    assert await counted() != await there()
    # One day a round, and then the end.
    assert await walk(resources) <= 8
    assert await counted() == await there()


async def test_orders_at_the_ends_of_the_calendar_are_gone_through(resources: Resources) -> None:
    world = World(resources)
    ends = (datetime(1, 1, 1, tzinfo=UTC), datetime(9999, 12, 31, 23, 59, 59, 999_000, tzinfo=UTC))
    await world.orders(*((f"o{number}", "ann", 5, at) for number, at in enumerate(ends)))
    right = await counted()
    await OrderCounts.get_pymongo_collection().delete_many({})
    await walk(resources)
    assert await counted() == right != {}
    for zone in ("America/New_York", "Asia/Tokyo"):
        days = await orders_by_day(Span(), zone_of(zone), Budget(9))
        assert sorted(days) == [at.date() for at in ends]


@pytest.mark.parametrize(
    ("first", "end"),
    [
        (NOW - timedelta(days=2, minutes=7), NOW - timedelta(minutes=4)),
        (NOW - timedelta(minutes=14), NOW - timedelta(minutes=3)),
        (NOW - timedelta(minutes=16), NOW - timedelta(minutes=3)),
        (NOW - timedelta(minutes=30), NOW - timedelta(minutes=15)),
        (NOW - timedelta(minutes=31), None),
        (None, NOW - timedelta(minutes=31)),
    ],
)
async def test_a_span_that_cuts_quarters_holds_what_is_within(
    resources: Resources, first: datetime | None, end: datetime | None
) -> None:
    world, step = World(resources), timedelta(milliseconds=1)
    edges = [edge for edge in (first, end) if edge is not None]
    moments = [edge + number * step for edge in edges for number in (-1, 0, 1)]
    moments += [NOW - timedelta(minutes=number) for number in range(-2, 90)]
    await world.orders(*((f"o{number}", "ann", 5, at) for number, at in enumerate(moments)))
    await walk(resources)
    found = await orders_by_day(Span(first, end), UTC_ZONE, Budget(9))
    within = [at for at in moments if (first is None or at >= first) and (end is None or at < end)]
    assert sum(sums["orders"] for sums in found.values()) == len(within) > 10


async def test_orders_by_day_are_told_without_reading_them(resources: Resources) -> None:
    world = World(resources)
    await world.orders(*((f"o{number}", "ann", 5, NOW - timedelta(hours=number)) for number in range(500)))
    await walk(resources)
    async with profiled(resources.database) as commands:
        span = Span(NOW - timedelta(days=9, minutes=20), NOW - timedelta(minutes=20))
        found = await orders_by_day(span, zone_of("Europe/Berlin"), Budget(9))
    assert sum(sums["orders"] for sums in found.values()) == 216
    assert documents_examined(commands).get("orders command", 0) == 0
    assert not [one for one in commands if one["ns"].endswith(".orders") and "COLLSCAN" in one["planSummary"]]


async def test_a_consumers_round_keeps_all(resources: Resources, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(count_keeping, "FOLD_FROM", 20)
    world = World(resources)
    for number in range(25):
        await world.orders((f"o{number}", "ann", 5, NOW - timedelta(days=number)))
    await run_round(resources, FiguresKeeper(resources.in_transaction, resources.clock))
    assert await OrderCounts.get_pymongo_collection().count_documents({"month": None}) == 0
    assert await counts_are_whole()
    assert await resources.database.customer_figures.count_documents({}) == 1
    assert await counted() == await there()
