"""What a dead process left behind is finished, and what was kept long enough goes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from bson import ObjectId

from crm_graphql.ingestion import reconcile as reconcile_module
from crm_graphql.ingestion import retention
from crm_graphql.ingestion.messages import chunk_queue, interactive_queue
from crm_graphql.ingestion.publishing import publish_chunks
from crm_graphql.ingestion.reconcile import complete_forgotten, fail_abandoned, publish_forgotten
from crm_graphql.ingestion.retention import delete_old_chunks
from crm_graphql.ingestion.states import IngestionStatus, Lane
from crm_graphql.resources import Resources
from tests.clocks import FixedClock
from tests.ingestion.doors import ORDERS, apply_pending, as_stored, figures, send

RECORDS = [
    {
        "external_id": f"o{number}",
        "customer_external_id": f"c{number}",
        "amount": Decimal(1),
        "ordered_at": datetime(2024, 5, 1, tzinfo=UTC),
    }
    for number in range(20)
]


async def test_an_ingestion_whose_completion_was_lost_is_completed(resources: Resources) -> None:
    ingestion = await send(resources, ORDERS, RECORDS)
    await apply_pending(resources)
    await resources.database.ingestions.update_one(
        {}, {"$set": {"status": "RUNNING", "counters": None, "completed_at": None}}
    )
    await complete_forgotten(resources.bus, resources.clock)
    done = await as_stored(ingestion)
    assert done.status is IngestionStatus.COMPLETED
    assert done.counters is not None
    assert done.counters.created == 20


async def test_an_ingestion_with_pending_chunks_is_left_alone(resources: Resources) -> None:
    ingestion = await send(resources, ORDERS, RECORDS)
    later = FixedClock(resources.clock.now() + timedelta(days=1))
    await complete_forgotten(resources.bus, later)
    await fail_abandoned(resources.bus, later, timedelta(hours=1))
    assert (await as_stored(ingestion)).status is IngestionStatus.ACCEPTED


async def test_old_chunks_go_and_the_figures_stay(resources: Resources) -> None:
    sealed = await send(resources, ORDERS, RECORDS)
    failed = await send(resources, ORDERS, RECORDS)
    ingestions, chunks = resources.database.ingestions, resources.database.ingestion_chunks
    await apply_pending(resources)
    await ingestions.update_one({"_id": failed.id}, {"$set": {"status": "FAILED", "counters": None}})
    await delete_old_chunks(resources.clock.now() - timedelta(days=1))
    assert await chunks.count_documents({}) > 0
    await delete_old_chunks(resources.clock.now() + timedelta(seconds=1))
    assert await chunks.count_documents({}) == 0
    assert await figures(sealed) == (20, 0, 0, 0)
    assert await figures(failed) == (0, 0, 20, 0)


async def test_chunks_that_are_still_needed_keep_no_others_from_going(
    resources: Resources, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retention, "DELETED_AT_ONCE", 3)
    ingestions, chunks = resources.database.ingestions, resources.database.ingestion_chunks
    running = await send(resources, ORDERS, RECORDS)
    ended = [await send(resources, ORDERS, RECORDS) for _ in range(2)]
    await apply_pending(resources)
    await ingestions.update_one({"_id": running.id}, {"$set": {"status": "RUNNING", "counters": None}})
    # Theirs are the oldest, all of one moment.
    long_ago = {"$set": {"applied_at": resources.clock.now() - timedelta(days=9)}}
    await chunks.update_many({"ingestion_id": running.id}, long_ago)
    kept = await chunks.count_documents({"ingestion_id": running.id})
    assert kept > 3
    await delete_old_chunks(resources.clock.now() + timedelta(seconds=1))
    assert await chunks.count_documents({"ingestion_id": {"$in": [one.id for one in ended]}}) == 0
    assert await chunks.count_documents({}) == kept


async def test_deleting_lets_the_reconciler_go_on_after_its_time(
    resources: Resources, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retention, "DELETED_AT_ONCE", 3)
    monkeypatch.setattr(retention, "DELETE_SECONDS", 0.0)
    await send(resources, ORDERS, RECORDS)
    await apply_pending(resources)
    chunks = resources.database.ingestion_chunks
    before = await chunks.count_documents({})
    await delete_old_chunks(resources.clock.now() + timedelta(seconds=1))
    assert await chunks.count_documents({}) == before - 3


async def test_a_lost_message_is_found_behind_those_of_a_slow_queue(
    resources: Resources, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reconcile_module, "CHUNKS_AT_ONCE", 3)
    chunks, messages = resources.database.ingestion_chunks, resources.database.bus_messages
    for _ in range(5):
        await send(resources, ORDERS, RECORDS[:1])
    lost = await send(resources, ORDERS, RECORDS[1:2])
    long_ago = {"$set": {"published_at": resources.clock.now() - timedelta(hours=1)}}
    await chunks.update_many({"ingestion_id": {"$ne": lost.id}}, long_ago)
    less_long_ago = {"$set": {"published_at": resources.clock.now() - timedelta(minutes=1)}}
    await chunks.update_many({"ingestion_id": lost.id}, less_long_ago)
    row = await chunks.find_one({"ingestion_id": lost.id, "record_count": 1})
    assert row is not None
    queue = chunk_queue(row["partition"], Lane(row["lane"]))
    assert {one["queue"] async for one in messages.find()} != {queue}
    await messages.delete_many({"queue": queue})
    await publish_forgotten(resources.bus)
    assert await resources.bus.depth(queue) == 1
    assert await messages.count_documents({}) == 6


async def test_a_lost_completion_is_found_behind_ingestions_that_wait(
    resources: Resources, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reconcile_module, "INGESTIONS_AT_ONCE", 2)
    waiting = [await send(resources, ORDERS, RECORDS) for _ in range(4)]
    forgotten = await send(resources, ORDERS, RECORDS)
    await resources.database.ingestion_chunks.update_many(
        {"ingestion_id": forgotten.id}, {"$set": {"state": "APPLIED", "applied_at": resources.clock.now()}}
    )
    await complete_forgotten(resources.bus, resources.clock)
    assert (await as_stored(forgotten)).status is IngestionStatus.COMPLETED
    assert {(await as_stored(one)).status for one in waiting} == {IngestionStatus.ACCEPTED}


async def test_the_hot_counts_are_answered_by_indexes_alone(resources: Resources) -> None:
    await send(resources, ORDERS, RECORDS)
    chunks = resources.database.ingestion_chunks
    plans: list[dict[str, Any]] = [
        {
            "aggregate": chunks.name,
            "pipeline": [
                {"$match": {"state": "PENDING", "lane": "INTERACTIVE"}},
                {"$limit": 100},
                {"$group": {"_id": None, "weight": {"$sum": "$weight"}}},
            ],
            "hint": "unapplied",
            "cursor": {},
        },
        {
            "aggregate": chunks.name,
            "hint": "figures",
            "cursor": {},
            "pipeline": [
                {"$match": {"ingestion_id": {"$in": [ObjectId()]}}},
                {
                    "$group": {
                        "_id": "$ingestion_id",
                        "created": {"$sum": "$counters.created"},
                        "failed": {"$sum": "$counters.failed"},
                    }
                },
            ],
        },
    ]
    for plan in plans:
        explained = str(await resources.database.command("explain", plan, verbosity="queryPlanner"))
        assert "IXSCAN" in explained or "COUNT_SCAN" in explained
        assert "'FETCH'" not in explained


async def test_chunks_of_a_partition_that_is_no_longer_configured_are_published(resources: Resources) -> None:
    beyond = resources.settings.partitions + 1
    chunk = {"ingestion_id": ObjectId(), "number": 0, "partition": beyond, "lane": "INTERACTIVE"}
    assert await publish_chunks([chunk], resources.bus)
    assert await resources.bus.depth(interactive_queue(beyond)) == 1
