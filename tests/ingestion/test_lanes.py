"""Who sends a record is not kept waiting by who imports a file: queues, turns and back-pressure."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from consumers.turns import ChunkTurns
from crm_graphql.core.errors import Unavailable
from crm_graphql.ingestion.messages import bulk_queue, interactive_queue
from crm_graphql.ingestion.service import RECORDS_LIMIT
from crm_graphql.ingestion.states import Lane
from crm_graphql.resources import Resources
from tests.ingestion.doors import CUSTOMERS, ORDERS, orders_csv, send, stream

FULL: dict[str, Any] = {"pending_records_limit": 100, "backpressure_wait_seconds": 0.1}
ONE = [{"external_id": "a"}]


async def lanes(resources: Resources) -> set[str]:
    """The lanes of all chunks."""
    return set(await resources.database.ingestion_chunks.distinct("lane"))


@pytest.mark.parametrize(
    ("rows", "lane"), [(RECORDS_LIMIT, "INTERACTIVE"), (RECORDS_LIMIT + 1, "BULK"), (30_000, "BULK")]
)
async def test_a_body_is_small_up_to_what_a_mutation_may_hold(
    resources: Resources, rows: int, lane: str
) -> None:
    await stream(resources, ORDERS, orders_csv(rows))
    assert await lanes(resources) == {lane}


async def test_an_import_that_fills_the_limit_keeps_no_mutation_out(resources: Resources) -> None:
    await stream(resources, ORDERS, orders_csv(5_000))
    with pytest.raises(Unavailable):
        await stream(resources, ORDERS, orders_csv(5_000), **FULL)
    await send(resources, CUSTOMERS, ONE, **FULL)
    await stream(resources, CUSTOMERS, "customer_id\nb\n", pending_records_limit=200)
    with pytest.raises(Unavailable):
        await send(resources, CUSTOMERS, ONE, **FULL)


async def test_the_limit_counts_records_and_a_chunk_of_few_as_a_hundred(resources: Resources) -> None:
    await stream(resources, ORDERS, orders_csv(5_000), partitions=1)
    assert await weights(resources) == [5_000]
    await send(resources, CUSTOMERS, ONE)
    assert await weights(resources) == [100, 5_000]
    with pytest.raises(Unavailable):
        await stream(resources, ORDERS, orders_csv(5_000), **{**FULL, "pending_records_limit": 5_100})
    await stream(resources, ORDERS, orders_csv(5_000), **{**FULL, "pending_records_limit": 5_101})


async def weights(resources: Resources) -> list[int]:
    """The weight of each chunk, ascending."""
    return sorted([row["weight"] async for row in resources.database.ingestion_chunks.find()])


async def test_small_and_large_bodies_go_to_queues_of_their_own(resources: Resources) -> None:
    await send(resources, CUSTOMERS, ONE, partitions=1)
    await stream(resources, ORDERS, orders_csv(2_000), partitions=1)
    assert await resources.bus.depth(interactive_queue(0)) == 1
    assert await resources.bus.depth(bulk_queue(0)) == 1


async def test_a_small_chunk_is_next_while_bulk_ones_wait_for_room() -> None:
    turns, order, release = ChunkTurns(1), list[str](), asyncio.Event()

    async def apply(name: str, partition: int, lane: Lane) -> None:
        async with turns.take(partition, lane):
            order.append(name)
            if name == "first":
                await release.wait()

    names = [("first", 0, Lane.BULK), ("second", 1, Lane.BULK), ("third", 2, Lane.BULK)]
    tasks = [asyncio.create_task(apply(*one)) for one in names]
    await asyncio.sleep(0)
    # Another partition, one whose bulk chunk waits for room, and the one that is being applied.
    tasks += [asyncio.create_task(apply(f"small-{n}", n, Lane.INTERACTIVE)) for n in (5, 1, 0)]
    for _ in range(5):
        await asyncio.sleep(0)
    assert order == ["first", "small-5", "small-1"]
    release.set()
    await asyncio.gather(*tasks)
    assert order.index("small-0") < order.index("third")


async def test_chunks_of_one_partition_never_run_side_by_side() -> None:
    turns, inside, most = ChunkTurns(4), 0, 0

    async def apply(lane: Lane) -> None:
        nonlocal inside, most
        async with turns.take(3, lane):
            inside += 1
            most = max(most, inside)
            await asyncio.sleep(0)
            inside -= 1

    await asyncio.gather(*(apply(lane) for lane in Lane for _ in range(3)))
    assert most == 1
