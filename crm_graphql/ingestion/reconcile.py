"""Finding the chunks and ingestions that no message points at any more, and putting them back to work."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime, timedelta
from typing import Any

from bson import ObjectId
from structlog import get_logger

from crm_graphql.bus.port import Bus, BusError, Queue
from crm_graphql.core.clock import Clock
from crm_graphql.core.settings import Settings
from crm_graphql.ingestion.begin import fail_ingestion
from crm_graphql.ingestion.completion import complete_if_done, freeze_figures
from crm_graphql.ingestion.documents import ChunkState, Ingestion, IngestionChunk, IngestionStatus, Lane
from crm_graphql.ingestion.messages import chunk_queue
from crm_graphql.ingestion.publishing import publish_chunks, tell_progress
from crm_graphql.mongo.leases import database_now

UNHEARD_SECONDS = 15
"""A chunk published or begun longer ago, with nothing waiting in its queue, is published again."""
CHUNKS_AT_ONCE = 1000
INGESTIONS_AT_ONCE = 200
DELETED_AT_ONCE = 500

_OPEN = [IngestionStatus.ACCEPTED.value, IngestionStatus.RUNNING.value]
_log = get_logger(__name__)


async def reconcile(*, settings: Settings, bus: Bus, clock: Clock) -> None:
    """One round. Safe beside consumers and beside another round; run it under a lease to save work."""
    await publish_forgotten(bus)
    await fail_abandoned(bus, clock, timedelta(seconds=settings.unsealed_timeout_seconds))
    await complete_forgotten(bus, clock)
    await delete_old_chunks(clock.now() - timedelta(days=settings.chunk_retention_days))


async def publish_forgotten(bus: Bus) -> None:
    """Publish pending chunks again whose message is lost: never into a queue that still has messages.

    One that a consumer has in hand and cannot apply has a message: each try says so in `published_at`.
    """
    now = await database_now()
    collection = IngestionChunk.get_pymongo_collection()
    rows = collection.find(
        {
            "state": ChunkState.PENDING.value,
            "published_at": {"$lt": now - timedelta(seconds=UNHEARD_SECONDS)},
        },
        {"ingestion_id": 1, "number": 1, "partition": 1, "lane": 1},
        hint="waiting",
        sort=[("published_at", 1)],
        limit=CHUNKS_AT_ONCE,
    )
    by_queue: dict[Queue, list[dict[str, Any]]] = defaultdict(list)
    async for row in rows:
        by_queue[chunk_queue(row["partition"], Lane(row["lane"]))].append(row)
    for queue, chunks in by_queue.items():
        try:
            if await bus.depth(queue):
                continue
        except BusError as error:
            _log.info("the bus is away, chunks wait", reason=str(error))
            return
        await collection.update_many(
            {"_id": {"$in": [chunk["_id"] for chunk in chunks]}}, {"$set": {"published_at": now}}
        )
        await publish_chunks(chunks, bus)
        _log.info("chunks published again", queue=queue, count=len(chunks))


async def fail_abandoned(bus: Bus, clock: Clock, patience: timedelta) -> None:
    """Fail ingestions whose body has not gone on for so long."""
    untouched_since = await database_now() - patience
    rows = Ingestion.get_pymongo_collection().find(
        {"status": {"$in": _OPEN}, "touched_at": {"$lt": untouched_since}, "sealed": False},
        {"_id": 1},
        limit=INGESTIONS_AT_ONCE,
    )
    reason = "The body never ended. What had come of it by then was applied; send it again."
    for row in await rows.to_list(None):
        if await fail_ingestion(row["_id"], reason, clock, untouched_since=untouched_since):
            await tell_progress(row["_id"], bus, at_once=True)


async def complete_forgotten(bus: Bus, clock: Clock) -> None:
    """Complete ingestions whose last chunk was applied by a process that died right after."""
    rows = Ingestion.get_pymongo_collection().find(
        {"status": {"$in": _OPEN}, "sealed": True},
        {"_id": 1},
        sort=[("touched_at", 1)],
        limit=INGESTIONS_AT_ONCE,
    )
    for row in await rows.to_list(None):
        await complete_if_done(row["_id"], bus=bus, clock=clock)


async def delete_old_chunks(applied_before: datetime) -> None:
    """Delete chunks that were kept long enough for a replay, of ingestions that have ended."""
    chunks = IngestionChunk.get_pymongo_collection()
    rows = chunks.find(
        {"applied_at": {"$lt": applied_before, "$type": "date"}},
        {"ingestion_id": 1},
        sort=[("applied_at", 1)],
        limit=DELETED_AT_ONCE,
    )
    by_ingestion: dict[ObjectId, list[ObjectId]] = defaultdict(list)
    async for row in rows:
        by_ingestion[row["ingestion_id"]].append(row["_id"])
    for ingestion_id, ids in by_ingestion.items():
        if await _figures_are_frozen(ingestion_id):
            await chunks.delete_many({"_id": {"$in": ids}})


async def _figures_are_frozen(ingestion_id: ObjectId) -> bool:
    """Whether the ingestion no longer needs its chunks for its figures; freezes those of a failed one."""
    ingestions = Ingestion.get_pymongo_collection()
    row = await ingestions.find_one({"_id": ingestion_id}, {"status": 1, "counters": 1})
    if row is None or row["counters"] is not None:
        return True
    given_up = {"status": IngestionStatus.FAILED.value, "counters": None}
    return await freeze_figures(ingestion_id, given_up, {}) is not None
