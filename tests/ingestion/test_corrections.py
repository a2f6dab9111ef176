"""Figures stay true when dead letters go through late, and a key belongs to one body."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from bson import ObjectId

from crm_graphql.core.errors import Conflict
from crm_graphql.core.tasks import end_tasks
from crm_graphql.ingestion import completion
from crm_graphql.ingestion.apply_chunk import apply_chunk
from crm_graphql.ingestion.messages import interactive_queue
from crm_graphql.ingestion.queries import ingestion_counters
from crm_graphql.ingestion.reconcile import UNHEARD_SECONDS, publish_forgotten
from crm_graphql.ingestion.replay import replay_ingestion
from crm_graphql.ingestion.states import IngestionStatus
from crm_graphql.mongo.leases import database_now
from crm_graphql.resources import Resources
from tests.ingestion.doors import (
    CUSTOMERS,
    ORDERS,
    apply_pending,
    as_stored,
    cut,
    figures,
    orders_csv,
    send,
    stream,
)
from tests.ingestion.test_failures import ADMIN, database_refusing_poison, order, retry


async def test_a_dead_letter_that_goes_through_as_its_ingestion_completes_is_counted(
    resources: Resources, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with database_refusing_poison(resources):
        ingestion = await send(resources, ORDERS, [order(1), order(2, "666")])
        await apply_pending(resources)
    await resources.database.ingestions.update_one(
        {}, {"$set": {"status": "RUNNING", "counters": None, "completed_at": None}}
    )
    results: list[Any] = []

    async def with_a_retry_in_between(ids: Any) -> Any:
        summed = await ingestion_counters(ids)
        if not results:
            results.extend(await retry(resources, None))
        return summed

    monkeypatch.setattr(completion, "ingestion_counters", with_a_retry_in_between)
    assert await completion.complete_if_done(ObjectId(ingestion.id), bus=resources.bus, clock=resources.clock)
    assert [result.error for result in results] == [None]
    done = await as_stored(ingestion)
    assert done.status is IngestionStatus.COMPLETED
    assert await figures(done) == (2, 0, 0, 0)


async def test_a_replay_takes_the_dead_letters_that_go_through_along(resources: Resources) -> None:
    async with database_refusing_poison(resources):
        ingestion = await send(resources, ORDERS, [order(1), order(2, "666"), order(3)])
        await apply_pending(resources)
        replayed = await replay(resources, ingestion.id)
        assert (replayed.unchanged, replayed.failed) == (2, 1)
        assert await figures(ingestion) == (2, 0, 0, 1)
        assert await resources.database.dead_letters.count_documents({}) == 1
    replayed = await replay(resources, ingestion.id)
    assert (replayed.created, replayed.unchanged, replayed.failed) == (1, 2, 0)
    assert await figures(ingestion) == (3, 0, 0, 0)
    assert await resources.database.dead_letters.count_documents({}) == 0
    assert await resources.database.row_errors.count_documents({}) == 0


async def replay(resources: Resources, key: Any) -> Any:
    """Feed an ingestion's chunks again."""
    return await replay_ingestion(
        ADMIN,
        ObjectId(key),
        transact=resources.in_transaction,
        bus=resources.bus,
    )


@pytest.mark.parametrize("attempt", range(5))
async def test_two_mutations_at_once_under_one_key_end_as_one_and_a_conflict(
    resources: Resources, attempt: int
) -> None:
    bodies = [[{"external_id": f"{name}{n}"} for n in range(100 + attempt)] for name in "ab"]
    results = await asyncio.gather(
        *(send(resources, CUSTOMERS, body, key="k") for body in bodies), return_exceptions=True
    )
    await one_and_a_conflict(resources, results, 100 + attempt)


@pytest.mark.parametrize("difference", ["at the beginning", "at the end", "longer", "only in a bad row"])
async def test_two_streams_at_once_under_one_key_end_as_one_and_a_conflict(
    resources: Resources, difference: str
) -> None:
    body = orders_csv(5_000)
    other = {
        "at the beginning": body.replace(b"o0,c0,0.25", b"o0,c0,7.25"),
        "at the end": body.replace(b"o4999,", b"other,"),
        # All chunks of the shorter one are chunks of the longer one too.
        "longer": body + orders_csv(5_000).split(b"\n", 1)[1],
        "only in a bad row": body + b"x,y,nothing,2024-01-01\n",
    }[difference]
    together = asyncio.Barrier(2)

    async def in_step(content: bytes) -> AsyncIterator[bytes]:
        # Both are under way before either ends.
        for number, part in enumerate(cut(content)):
            if number < 8:
                await together.wait()
            yield part

    limits: dict[str, Any] = {"key": "k", "partitions": 1, "chunk_records": 100}
    results = await asyncio.gather(
        *(stream(resources, ORDERS, in_step(content), **limits) for content in (body, other)),
        return_exceptions=True,
    )
    await one_and_a_conflict(resources, results, None)


async def one_and_a_conflict(resources: Resources, results: Any, count: int | None) -> None:
    """One of the results is a refusal; the other is all that was applied, with figures that say so."""
    (refused,) = [one for one in results if isinstance(one, BaseException)]
    assert isinstance(refused, Conflict), refused
    (taken,) = [one for one in results if one is not refused]
    await apply_pending(resources)
    done = await as_stored(taken)
    assert done.status is IngestionStatus.COMPLETED
    assert sum(await figures(done)) == done.received - done.rejected
    assert count in (None, done.received)
    errors = await resources.database.row_errors.count_documents({})
    assert errors == done.rejected
    stored = [row async for row in resources.database.ingestion_chunks.find({"record_count": {"$gt": 0}})]
    assert len(stored) == done.chunk_count


async def test_a_chunk_that_always_fails_does_not_multiply_its_messages(
    resources: Resources, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("crm_graphql.ingestion.apply_chunk._DELAYS", (0.0,))
    ingestion = await send(resources, ORDERS, [order(1)], partitions=1)
    tried = asyncio.Event()

    async def failing(_work: Any) -> Any:
        tried.set()
        raise OSError("the network is away")

    async def age() -> datetime:
        """Time passes, by the database's clock, without a try."""
        past = await database_now() - timedelta(seconds=UNHEARD_SECONDS * 2)
        await resources.database.ingestion_chunks.update_many({}, {"$set": {"published_at": past}})
        return past

    # Its message is in hand: the queue looks empty.
    await resources.database.bus_messages.delete_many({})
    parts: dict[str, Any] = {"transact": failing, "bus": resources.bus, "clock": resources.clock}
    applying = asyncio.create_task(apply_chunk(ObjectId(ingestion.id), 0, **parts))
    for _ in range(5):
        long_ago = await age()
        # A try that began after that, and that the majority knows of.
        while await resources.database.ingestion_chunks.find_one({"published_at": long_ago}):
            tried.clear()
            await tried.wait()
        await publish_forgotten(resources.bus)
    assert await resources.bus.depth(interactive_queue(0)) == 0
    await end_tasks([applying])
    # Nobody has it in hand any more.
    await age()
    for _ in range(3):
        await publish_forgotten(resources.bus)
    assert await resources.bus.depth(interactive_queue(0)) == 1
