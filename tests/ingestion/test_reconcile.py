"""What a dead process left behind is finished, and what was kept long enough goes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from bson import ObjectId

from crm_graphql.ingestion.documents import IngestionStatus
from crm_graphql.ingestion.messages import interactive_queue
from crm_graphql.ingestion.publishing import publish_chunks
from crm_graphql.ingestion.reconcile import complete_forgotten, delete_old_chunks, fail_abandoned
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
            "hint": "waiting",
            "cursor": {},
        },
        {
            "aggregate": chunks.name,
            "hint": "counters",
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
