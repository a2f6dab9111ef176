"""Merges of much, amid imports and kill -9: totals are exact at every look, and nothing is left behind."""

from __future__ import annotations

import asyncio
import multiprocessing
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any
from zlib import crc32

import pytest
import uvloop
from bson import ObjectId

from crm_graphql.core.settings import Settings
from crm_graphql.customers.documents import Customer, MergedCustomer
from crm_graphql.ingestion.documents import IngestionChunk
from crm_graphql.merging import moving, service
from crm_graphql.orders.documents import Order
from crm_graphql.resources import Resources, open_resources
from tests.customers.edits import create, stored
from tests.customers.merges import assert_totals, merge, order, reconcile
from tests.gql.conftest import Api
from tests.ingestion.doors import ORDERS, apply_one, apply_pending, send

MANY = 50_000
START = datetime(2020, 1, 1, tzinfo=UTC)


async def fill(customer: ObjectId, count: int) -> None:
    """So many orders of the customer, with its totals."""
    rows = [
        {
            "external_id": f"{customer}-{number}",
            "customer_id": customer,
            "amount": 10_000,
            "currency": "USD",
            "quantity": None,
            "ordered_at": START + timedelta(minutes=number),
            "version": 1,
            "quantity_version": None,
            "created_at": START,
            "updated_at": START,
        }
        for number in range(count)
    ]
    await Order.get_pymongo_collection().insert_many(rows, ordered=False)
    totals = {
        "total_spend": 10_000 * count,
        "visit_count": count,
        "first_visit_at": START,
        "last_visit_at": rows[-1]["ordered_at"],
    }
    await Customer.get_pymongo_collection().update_one({"_id": customer}, {"$set": totals})


async def left(customer: ObjectId) -> int:
    """How many orders lie under the key."""
    return await Order.get_pymongo_collection().count_documents({"customer_id": customer})


@asynccontextmanager
async def watched(api: Api, external_id: str) -> AsyncIterator[set[tuple[str, int]]]:
    """What a reader sees of the customer meanwhile: its spend, and how many orders it has."""
    seen: set[tuple[str, int]] = set()
    shown = "totalSpend orders(first: 1) { totalCount }"
    ask = f'{{ customer(by: {{externalId: "{external_id}"}}) {{ {shown} }} }}'

    async def look() -> None:
        while True:
            row = (await api.data(ask))["customer"]
            seen.add((row["totalSpend"], row["orders"]["totalCount"]))

    task = asyncio.create_task(look())
    try:
        yield seen
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


@pytest.mark.slow
async def test_fifty_thousand_orders_follow_while_readers_see_them_all(api: Api) -> None:
    resources = api.resources
    await create(resources, "a")
    other = await create(resources, "b")
    await fill(other["_id"], MANY)
    merged = await merge(resources, "a", "b")
    assert merged["total_spend"] == 10_000 * MANY
    async with watched(api, "a") as seen:
        async with asyncio.timeout(150):
            while await left(other["_id"]):
                await reconcile(resources)
    assert seen == {("50000.00", MANY)}
    row = await assert_totals("a")
    assert await left(row["_id"]) == MANY


@pytest.mark.slow
async def test_a_merge_during_an_import_of_both_is_exact(resources: Resources) -> None:
    """Their records lie in different partitions, whose chunks are applied at the same time."""
    first, second = "a", next(f"b{n}" for n in range(100) if crc32(f"b{n}".encode()) % 8 != crc32(b"a") % 8)
    records = [
        order(f"o{number}", (first, second, "c")[number % 3], str(number), number % 28 + 1)
        for number in range(900)
    ]
    await send(resources, ORDERS, records, chunk_records=30, partitions=8)
    chunks = await IngestionChunk.get_pymongo_collection().find({"state": "PENDING"}).to_list()
    assert len({chunk["partition"] for chunk in chunks}) > 1
    assert len(chunks) > 8
    half = len(chunks) // 2
    for chunk in chunks[:4]:
        await apply_one(resources, chunk)
    both_known = asyncio.Event()

    async def apply(some: list[dict[str, Any]]) -> None:
        for number, chunk in enumerate(some):
            await apply_one(resources, chunk)
            if number == 2:
                both_known.set()

    async def join() -> None:
        await both_known.wait()
        for key in (first, second):
            await send(resources, ORDERS, [order(f"{key}-first", key, "0")])
        await apply_pending(resources)
        await merge(resources, first, second)

    await asyncio.gather(apply(chunks[4:half]), apply(chunks[half:]), join())
    row = await assert_totals(first)
    assert row["visit_count"] == 602
    assert await Customer.get_pymongo_collection().count_documents({}) == 2
    # The same body again changes nothing.
    await send(resources, ORDERS, records)
    await apply_pending(resources)
    again = await assert_totals(first)
    assert again["total_spend"] == row["total_spend"]


async def _merge(settings: Settings) -> None:
    moving.__dict__["STEP"] = 10
    service.__dict__["INLINE_SECONDS"] = 60.0
    async with open_resources(settings) as resources:
        await merge(resources, "a", "b")


def _run(settings: Settings) -> None:
    uvloop.run(_merge(settings))


@pytest.mark.slow
async def test_a_merge_that_is_killed_is_whole_and_gone_on_with(resources: Resources) -> None:
    await create(resources, "a")
    other = await create(resources, "b")
    await fill(other["_id"], 3_000)
    processes = multiprocessing.get_context("forkserver")
    processes.set_forkserver_preload([__name__])
    process = processes.Process(target=_run, args=(resources.settings,), daemon=True)
    process.start()
    while await left(other["_id"]) > 2_950:
        assert process.is_alive()
        await asyncio.sleep(0.002)
    process.kill()
    await asyncio.to_thread(process.join)
    assert 0 < await left(other["_id"]) < 3_000
    assert (await assert_totals("a"))["visit_count"] == 3_000
    async with asyncio.timeout(150):
        # What it was in the middle of, the server keeps locked for up to a minute.
        while await left(other["_id"]):
            await reconcile(resources)
    row = await assert_totals("a")
    assert await left(row["_id"]) == 3_000


async def test_a_merge_is_closed_once_nothing_can_come_any_more(resources: Resources) -> None:
    await create(resources, "a")
    other = await create(resources, "b")
    await merge(resources, "a", "b")
    merged = MergedCustomer.get_pymongo_collection()
    await reconcile(resources)
    assert (await merged.find_one({}) or {})["is_open"]
    # As a writer leaves them whose transaction had begun before.
    await fill(other["_id"], 3)
    await merged.update_one({}, {"$set": {"merged_at": datetime.now(UTC) - timedelta(minutes=5)}})
    await reconcile(resources)
    assert not (await merged.find_one({}) or {})["is_open"]
    assert await left((await stored("a"))["_id"]) == 3
