"""The end of an ingestion, when its last chunk is applied."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bson import ObjectId
from pymongo import ReturnDocument

from crm_graphql.bus.port import Bus
from crm_graphql.core.clock import Clock
from crm_graphql.core.paging import Row
from crm_graphql.customers.changed import tell_customers_changed
from crm_graphql.ingestion.documents import Ingestion
from crm_graphql.ingestion.publishing import tell_progress
from crm_graphql.ingestion.queries import has_pending_chunk, ingestion_counters
from crm_graphql.ingestion.states import IngestionStatus

_OPEN = [IngestionStatus.ACCEPTED.value, IngestionStatus.RUNNING.value]


async def complete_if_done(ingestion_id: ObjectId, *, bus: Bus, clock: Clock) -> Row | None:
    """Complete a sealed ingestion that has no pending chunk. The ingestion, when this call did it.

    A guarded update: of many that try, one completes. Its figures are frozen then.
    """
    ended = {"status": IngestionStatus.COMPLETED.value, "completed_at": clock.now()}
    completed = await freeze_figures(ingestion_id, {"sealed": True, "status": {"$in": _OPEN}}, ended)
    if completed is None:
        return None
    await tell_progress(ingestion_id, bus, at_once=True)
    await tell_customers_changed(bus)
    return completed


async def freeze_figures(
    ingestion_id: ObjectId, guard: Mapping[str, Any], fields: Mapping[str, Any]
) -> Row | None:
    """Store the figures in the ingestion, with `fields`, if it is as `guard` says and no chunk is pending.

    The ingestion, when this call did it. A dead letter that is sent again meanwhile moves either the figures
    that are summed up here or those that are stored: then they are summed up again.
    """
    ingestions = Ingestion.get_pymongo_collection()
    as_said = {"_id": ingestion_id, **guard}
    while True:
        row = await ingestions.find_one(as_said, {"corrections": 1})
        if row is None or await has_pending_chunk(ingestion_id):
            return None
        counters = (await ingestion_counters([ingestion_id]))[ingestion_id]
        frozen: Row | None = await ingestions.find_one_and_update(
            {**as_said, "corrections": row.get("corrections")},
            {"$set": {**fields, "counters": counters.model_dump()}},
            return_document=ReturnDocument.AFTER,
        )
        if frozen is not None:
            return frozen
