"""Finding the chunks and ingestions that no message points at any more, and putting them back to work.

Payloads are large and chunks many, so every search here is answered by indexes alone: a round reads no
document that it does not change.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from typing import Any

from structlog import get_logger

from crm_graphql.bus.port import Bus, BusError
from crm_graphql.core.clock import Clock
from crm_graphql.core.settings import Settings
from crm_graphql.ingestion.begin import fail_ingestion
from crm_graphql.ingestion.completion import complete_if_done
from crm_graphql.ingestion.documents import Ingestion, IngestionChunk
from crm_graphql.ingestion.messages import chunk_queue
from crm_graphql.ingestion.publishing import publish_chunks, tell_progress
from crm_graphql.ingestion.queries import with_pending_chunks
from crm_graphql.ingestion.retention import delete_old_chunks
from crm_graphql.ingestion.states import ChunkState, IngestionStatus, Lane
from crm_graphql.mongo.leases import database_now

UNHEARD_SECONDS = 15
"""A chunk published or begun longer ago, with nothing waiting in its queue, is published again."""
CHUNKS_AT_ONCE = 1000
INGESTIONS_AT_ONCE = 200

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
    async for lost in _queues_with_unheard(now - timedelta(seconds=UNHEARD_SECONDS)):
        queue = chunk_queue(lost["partition"], Lane(lost["lane"]))
        try:
            if await bus.depth(queue):
                continue
        except BusError as error:
            _log.info("the bus is away, chunks wait", reason=str(error))
            return
        await _publish_again(lost, now, bus)


async def _queues_with_unheard(unheard_since: datetime) -> AsyncIterator[dict[str, Any]]:
    """For each queue the filter of its chunks that nobody was heard of. Queue by queue: those of one that is
    merely slow, however many, keep nobody from finding another's."""
    for lane in Lane:
        unheard = {
            "state": ChunkState.PENDING.value,
            "lane": lane.value,
            "published_at": {"$lt": unheard_since},
        }
        for partition in await IngestionChunk.get_pymongo_collection().distinct("partition", unheard):
            yield {**unheard, "partition": partition}


async def _publish_again(lost: dict[str, Any], now: datetime, bus: Bus) -> None:
    collection = IngestionChunk.get_pymongo_collection()
    rows = collection.find(
        lost,
        {"ingestion_id": 1, "number": 1, "partition": 1, "lane": 1},
        hint="unapplied",
        sort=[("published_at", 1)],
        limit=CHUNKS_AT_ONCE,
    )
    chunks = await rows.to_list()
    await collection.update_many(
        {"_id": {"$in": [chunk["_id"] for chunk in chunks]}}, {"$set": {"published_at": now}}
    )
    await publish_chunks(chunks, bus)
    _log.info("chunks published again", partition=lost["partition"], lane=lost["lane"], count=len(chunks))


async def fail_abandoned(bus: Bus, clock: Clock, patience: timedelta) -> None:
    """Fail ingestions whose body has not gone on for so long."""
    untouched_since = await database_now() - patience
    rows = Ingestion.get_pymongo_collection().find(
        {"sealed": False, "status": {"$in": _OPEN}, "touched_at": {"$lt": untouched_since}},
        {"_id": 1},
        hint="open",
        limit=INGESTIONS_AT_ONCE,
    )
    reason = "The body never ended. What had come of it by then was applied; send it again."
    for row in await rows.to_list(None):
        if await fail_ingestion(row["_id"], reason, clock, untouched_since=untouched_since):
            await tell_progress(row["_id"], bus, at_once=True)


async def complete_forgotten(bus: Bus, clock: Clock) -> None:
    """Complete ingestions whose last chunk was applied by a process that died right after.

    Two queries tell them from all others, whose number back-pressure bounds.
    """
    rows = Ingestion.get_pymongo_collection().find(
        {"sealed": True, "status": {"$in": _OPEN}}, {"_id": 1}, hint="open"
    )
    sealed = [row["_id"] async for row in rows]
    # In this order: what is sealed gets no further chunk.
    pending = await with_pending_chunks() if sealed else set()
    for ingestion_id in [found for found in sealed if found not in pending][:INGESTIONS_AT_ONCE]:
        await complete_if_done(ingestion_id, bus=bus, clock=clock)
