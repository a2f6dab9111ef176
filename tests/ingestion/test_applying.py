"""Applying records: openings, refunds, corrections, moves, doubles, customers not yet known."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from crm_graphql.ingestion.apply_chunk import apply_chunk
from crm_graphql.resources import Resources
from tests.ingestion.doors import CUSTOMERS, ORDERS, apply_one, apply_pending, figures, send


def day(number: int) -> datetime:
    """A day of May 2024."""
    return datetime(2024, 5, number, tzinfo=UTC)


def order(key: str, customer: str, amount: str, on: int, **fields: Any) -> dict[str, Any]:
    """An order record."""
    return {
        "external_id": key,
        "customer_external_id": customer,
        "amount": Decimal(amount),
        "ordered_at": day(on),
        **fields,
    }


async def ingest(resources: Resources, kind: Any, *records: dict[str, Any]) -> tuple[int, int, int, int]:
    """Send and apply; the figures."""
    ingestion = await send(resources, kind, records)
    await apply_pending(resources)
    return await figures(ingestion)


async def totals(resources: Resources, key: str) -> tuple[Any, ...]:
    """Spend, visits, and the days of the first and last visit."""
    row = await resources.database.customers.find_one({"external_id": key})
    assert row is not None
    first, last = row["first_visit_at"], row["last_visit_at"]
    return (
        Decimal(row["total_spend"]) / 10_000,
        row["visit_count"],
        first and first.day,
        last and last.day,
    )


async def test_a_refund_lowers_spend_and_is_no_visit(resources: Resources) -> None:
    await ingest(resources, ORDERS, order("1", "a", "10", 2), order("2", "a", "-4.5", 9))
    assert await totals(resources, "a") == (Decimal("5.5"), 1, 2, 2)


async def test_a_free_order_is_a_visit(resources: Resources) -> None:
    await ingest(resources, ORDERS, order("1", "a", "0", 2))
    assert await totals(resources, "a") == (0, 1, 2, 2)


async def test_the_same_order_again_changes_nothing(resources: Resources) -> None:
    assert await ingest(resources, ORDERS, order("1", "a", "10", 2)) == (1, 0, 0, 0)
    before = await resources.database.customers.find_one({})
    row = await resources.database.orders.find_one({})
    assert await ingest(resources, ORDERS, order("1", "a", "10", 2)) == (0, 0, 1, 0)
    assert await resources.database.customers.find_one({}) == before
    again = await resources.database.orders.find_one({})
    assert row is not None
    assert again is not None
    assert {**again, "version": row["version"]} == row


async def test_a_correction_moves_the_totals_by_the_difference(resources: Resources) -> None:
    await ingest(resources, ORDERS, order("1", "a", "10", 2), order("2", "a", "5", 4))
    made = await resources.database.orders.find_one({"external_id": "1"})
    assert await ingest(resources, ORDERS, order("1", "a", "12.25", 3)) == (0, 1, 0, 0)
    assert await totals(resources, "a") == (Decimal("17.25"), 2, 3, 4)
    now = await resources.database.orders.find_one({"external_id": "1"})
    assert made is not None
    assert now is not None
    assert now["created_at"] == made["created_at"]


async def test_an_order_that_became_a_refund_is_no_visit_any_more(resources: Resources) -> None:
    await ingest(resources, ORDERS, order("1", "a", "10", 2), order("2", "a", "5", 4))
    await ingest(resources, ORDERS, order("2", "a", "-5", 4))
    assert await totals(resources, "a") == (5, 1, 2, 2)


async def test_an_order_that_moves_takes_its_totals_along(resources: Resources) -> None:
    await ingest(
        resources, ORDERS, order("1", "a", "10", 2), order("2", "a", "5", 4), order("3", "b", "1", 3)
    )
    assert await ingest(resources, ORDERS, order("2", "b", "5", 4)) == (0, 1, 0, 0)
    assert await totals(resources, "a") == (10, 1, 2, 2)
    assert await totals(resources, "b") == (6, 2, 3, 4)
    await ingest(resources, ORDERS, order("1", "new", "10", 2))
    assert await totals(resources, "a") == (0, 0, None, None)
    assert await totals(resources, "new") == (10, 1, 2, 2)


async def test_an_opening_balance_is_added_to_and_moved_by_the_difference(resources: Resources) -> None:
    opening = {"external_id": "a", "total_spend": Decimal(100), "visit_count": 7, "last_visit_at": day(5)}
    assert await ingest(resources, CUSTOMERS, opening) == (1, 0, 0, 0)
    assert await totals(resources, "a") == (100, 7, 5, 5)
    await ingest(resources, ORDERS, order("1", "a", "10", 9))
    assert await totals(resources, "a") == (110, 8, 5, 9)
    assert await ingest(resources, CUSTOMERS, {"external_id": "a", "total_spend": Decimal(90)}) == (
        0,
        1,
        0,
        0,
    )
    assert await totals(resources, "a") == (100, 8, 5, 9)
    await ingest(resources, CUSTOMERS, {"external_id": "a", "last_visit_at": day(12), "visit_count": None})
    assert await totals(resources, "a") == (100, 1, 9, 12)
    await ingest(resources, CUSTOMERS, {"external_id": "a", "last_visit_at": None})
    assert await totals(resources, "a") == (100, 1, 9, 9)
    assert await ingest(resources, CUSTOMERS, {"external_id": "a", "name": "Ann"}) == (0, 1, 0, 0)
    assert await totals(resources, "a") == (100, 1, 9, 9)


async def test_an_order_makes_a_customer_that_its_record_fills_in(resources: Resources) -> None:
    await ingest(resources, ORDERS, order("1", "a", "10", 2))
    record = {"external_id": "a", "name": "Ann Weiß", "city": "KÖLN", "tags": ["VIP"]}
    assert await ingest(resources, CUSTOMERS, record) == (0, 1, 0, 0)
    row = await resources.database.customers.find_one({})
    assert row is not None
    assert (row["name"], row["folded"]["name"], row["folded"]["tags"]) == (
        "Ann Weiß",
        "ann weiss",
        ["vip"],
    )
    assert await totals(resources, "a") == (10, 1, 2, 2)
    assert await ingest(resources, CUSTOMERS, record) == (0, 0, 1, 0)


async def test_doubles_within_one_chunk_go_in_the_order_of_rows(resources: Resources) -> None:
    assert await ingest(
        resources,
        ORDERS,
        order("1", "a", "10", 2),
        order("1", "a", "11", 3),
        order("1", "a", "11", 3),
        order("1", "a", "10", 2),
        order("2", "a", "1", 8),
        order("2", "a", "-1", 8),
    ) == (2, 3, 1, 0)
    assert await totals(resources, "a") == (9, 1, 2, 2)
    assert await ingest(
        resources,
        CUSTOMERS,
        {"external_id": "x", "name": "One"},
        {"external_id": "x", "name": "Two", "city": "Rom"},
        {"external_id": "x", "name": "Two"},
    ) == (1, 1, 1, 0)
    row = await resources.database.customers.find_one({"external_id": "x"})
    assert row is not None
    assert (row["name"], row["city"]) == ("Two", "Rom")


async def test_a_field_left_out_stays_and_null_clears(resources: Resources) -> None:
    await ingest(resources, CUSTOMERS, {"external_id": "a", "name": "Ann", "city": "Rom", "tags": ["x"]})
    await ingest(resources, CUSTOMERS, {"external_id": "a", "name": None, "tags": None})
    row = await resources.database.customers.find_one({})
    assert row is not None
    assert (row["name"], row["city"], row["tags"]) == (None, "Rom", [])
    await ingest(resources, ORDERS, order("1", "a", "1", 1, quantity=3))
    await ingest(resources, ORDERS, order("1", "a", "2", 1))
    stored = await resources.database.orders.find_one({})
    assert stored is not None
    assert stored["quantity"] == 3


async def test_an_older_ingestion_that_is_applied_later_overwrites_nothing(resources: Resources) -> None:
    await send(resources, ORDERS, [order("1", "a", "10", 2)])
    await send(resources, CUSTOMERS, [{"external_id": "a", "name": "Old", "city": "Rom"}])
    await send(resources, ORDERS, [order("1", "b", "20", 3)])
    newest = await send(resources, CUSTOMERS, [{"external_id": "a", "name": "New"}])
    chunks = await resources.database.ingestion_chunks.find({}).sort("_id").to_list()
    for chunk in reversed(chunks):
        await apply_one(resources, chunk)
    assert await totals(resources, "a") == (0, 0, None, None)
    assert await totals(resources, "b") == (20, 1, 3, 3)
    row = await resources.database.customers.find_one({"external_id": "a"})
    assert row is not None
    assert (row["name"], row["city"]) == ("New", "Rom")
    assert await figures(newest) == (1, 0, 0, 0)


async def test_a_chunk_is_applied_once_however_often_it_is_asked_for(resources: Resources) -> None:
    await send(resources, ORDERS, [order("1", "a", "10", 2)])
    (chunk,) = await resources.database.ingestion_chunks.find({}).to_list()
    for _ in range(3):
        await apply_one(resources, chunk)
    assert await totals(resources, "a") == (10, 1, 2, 2)
    (after,) = await resources.database.ingestion_chunks.find({}).to_list()
    assert (after["state"], after["starts"], after["counters"]["created"]) == ("APPLIED", 1, 1)


@pytest.mark.parametrize("starts", [0, 5], ids=["as a whole", "record by record"])
async def test_two_processes_that_hold_one_chunk_count_it_once(resources: Resources, starts: int) -> None:
    """As when a partition moves: both have read the chunk before either has applied any of it."""
    await send(resources, ORDERS, [order(str(n), "a", "10", 2) for n in range(5)])
    chunks = resources.database.ingestion_chunks
    await chunks.update_one({}, {"$set": {"starts": starts}})
    (chunk,) = await chunks.find({}).to_list()
    both_have_read, ahead_has_begun, behind_has_tried = (asyncio.Event() for _ in range(3))

    async def ahead(work: Any) -> Any:
        await (behind_has_tried if ahead_has_begun.is_set() else both_have_read).wait()
        result = await resources.in_transaction(work)
        ahead_has_begun.set()
        return result

    async def behind(work: Any) -> Any:
        both_have_read.set()
        await ahead_has_begun.wait()
        result = await resources.in_transaction(work)
        behind_has_tried.set()
        return result

    parts: dict[str, Any] = {"bus": resources.bus, "clock": resources.clock}
    await asyncio.gather(
        *(apply_chunk(chunk["ingestion_id"], 0, transact=one, **parts) for one in (ahead, behind))
    )
    assert await totals(resources, "a") == (50, 5, 2, 2)
    (after,) = await chunks.find({}).to_list()
    assert after["counters"] == {"created": 5, "updated": 0, "unchanged": 0, "failed": 0}
