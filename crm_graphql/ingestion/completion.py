"""An ingestion's figures, and its end."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from bson import ObjectId

from crm_graphql.bus.port import Bus, Event
from crm_graphql.core.clock import Clock
from crm_graphql.ingestion.documents import (
    ChunkState,
    Counters,
    Ingestion,
    IngestionChunk,
    IngestionStatus,
)
from crm_graphql.ingestion.messages import CUSTOMERS_TOPIC
from crm_graphql.ingestion.publishing import tell_progress

_OPEN = [IngestionStatus.ACCEPTED.value, IngestionStatus.RUNNING.value]
_FIGURES = ("created", "updated", "unchanged", "failed")


async def ingestion_counters(ids: Sequence[ObjectId]) -> dict[ObjectId, Counters]:
    """What became of the accepted records of each ingestion in `ids` by now, one entry for each.

    Two queries for all of them, both answered by indexes or small documents.
    """
    frozen = Ingestion.get_pymongo_collection().find(
        {"_id": {"$in": list(ids)}, "counters": {"$ne": None}}, {"counters": 1}
    )
    found = {row["_id"]: Counters.model_validate(row["counters"]) async for row in frozen}
    running = [key for key in ids if key not in found]
    if running:
        chunks = IngestionChunk.get_pymongo_collection()
        cursor = await chunks.aggregate(
            [
                {"$match": {"ingestion_id": {"$in": running}}},
                {
                    "$group": {
                        "_id": "$ingestion_id",
                        **{name: {"$sum": f"$counters.{name}"} for name in _FIGURES},
                    }
                },
            ],
            hint="counters",
        )
        async for row in cursor:
            found[row["_id"]] = Counters.model_validate({name: row[name] for name in _FIGURES})
    return {key: found.get(key) or Counters() for key in ids}


async def complete_if_done(ingestion_id: ObjectId, *, bus: Bus, clock: Clock) -> bool:
    """Complete a sealed ingestion that has no pending chunk. True when this call did it.

    A guarded update: of many that try, one completes. Its figures are frozen then.
    """
    ingestions = Ingestion.get_pymongo_collection()
    row = await ingestions.find_one(
        {"_id": ingestion_id, "sealed": True, "status": {"$in": _OPEN}}, {"_id": 1}
    )
    if row is None or await has_pending_chunk(ingestion_id):
        return False
    counters = (await ingestion_counters([ingestion_id]))[ingestion_id]
    update: dict[str, Any] = {
        "status": IngestionStatus.COMPLETED.value,
        "counters": counters.model_dump(),
        "completed_at": clock.now(),
    }
    result = await ingestions.update_one(
        {"_id": ingestion_id, "sealed": True, "status": {"$in": _OPEN}}, {"$set": update}
    )
    if not result.modified_count:
        return False
    await tell_progress(ingestion_id, bus, at_once=True)
    await bus.broadcast(Event(topic=CUSTOMERS_TOPIC))
    return True


async def has_pending_chunk(ingestion_id: ObjectId) -> bool:
    """Whether some chunk of the ingestion is not applied yet."""
    row = await IngestionChunk.get_pymongo_collection().find_one(
        {"ingestion_id": ingestion_id, "state": ChunkState.PENDING.value},
        {"_id": 0, "ingestion_id": 1},
        hint="pending_of_ingestion",
    )
    return row is not None
