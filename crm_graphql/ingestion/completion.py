"""The end of an ingestion, when its last chunk is applied."""

from __future__ import annotations

from typing import Any

from bson import ObjectId
from pymongo import ReturnDocument

from crm_graphql.bus.port import Bus, Event
from crm_graphql.core.clock import Clock
from crm_graphql.core.paging import Row
from crm_graphql.ingestion.documents import Ingestion, IngestionStatus
from crm_graphql.ingestion.messages import CUSTOMERS_TOPIC
from crm_graphql.ingestion.publishing import tell_progress
from crm_graphql.ingestion.queries import has_pending_chunk, ingestion_counters

_OPEN = [IngestionStatus.ACCEPTED.value, IngestionStatus.RUNNING.value]


async def complete_if_done(ingestion_id: ObjectId, *, bus: Bus, clock: Clock) -> Row | None:
    """Complete a sealed ingestion that has no pending chunk. The ingestion, when this call did it.

    A guarded update: of many that try, one completes. Its figures are frozen then.
    """
    ingestions = Ingestion.get_pymongo_collection()
    row = await ingestions.find_one(
        {"_id": ingestion_id, "sealed": True, "status": {"$in": _OPEN}}, {"_id": 1}
    )
    if row is None or await has_pending_chunk(ingestion_id):
        return None
    counters = (await ingestion_counters([ingestion_id]))[ingestion_id]
    update: dict[str, Any] = {
        "status": IngestionStatus.COMPLETED.value,
        "counters": counters.model_dump(),
        "completed_at": clock.now(),
    }
    completed: Row | None = await ingestions.find_one_and_update(
        {"_id": ingestion_id, "sealed": True, "status": {"$in": _OPEN}},
        {"$set": update},
        return_document=ReturnDocument.AFTER,
    )
    if completed is None:
        return None
    await tell_progress(ingestion_id, bus, at_once=True)
    await bus.broadcast(Event(topic=CUSTOMERS_TOPIC))
    return completed
