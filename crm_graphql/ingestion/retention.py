"""Retention of applied chunks: kept for a replay, deleted as fast as they come once that time is over."""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import datetime

from bson import ObjectId

from crm_graphql.core.paging import Row
from crm_graphql.ingestion.completion import freeze_figures
from crm_graphql.ingestion.documents import EPOCH, Ingestion, IngestionChunk
from crm_graphql.ingestion.states import IngestionStatus

DELETED_AT_ONCE = 500
"""Chunks may be of megabytes: so many are gone within a second or two."""
DELETE_SECONDS = 2.0
"""After so long the reconciler goes on with what people wait for; the next round deletes on."""


async def delete_old_chunks(applied_before: datetime) -> None:
    """Delete chunks that were kept long enough for a replay, of ingestions that have ended.

    Goes on until none is left or its time is over, so that however many came in, as many go. Those of
    ingestions that have not ended are passed over, and stay in nobody's way.
    """
    until = time.monotonic() + DELETE_SECONDS
    needed: set[ObjectId] = set()
    since = EPOCH
    while rows := await _oldest(since, applied_before, needed):
        needed |= await _still_needed({row["ingestion_id"] for row in rows})
        gone = [row["_id"] for row in rows if row["ingestion_id"] not in needed]
        await IngestionChunk.get_pymongo_collection().delete_many({"_id": {"$in": gone}})
        if time.monotonic() >= until:
            return
        # Not from the beginning: the keys of what was just deleted are still passed over for a while.
        since = rows[-1]["applied_at"]


async def _oldest(since: datetime, before: datetime, needed: set[ObjectId]) -> Sequence[Row]:
    """The first chunks, from the index alone: their payloads are not looked at to delete them."""
    found = IngestionChunk.get_pymongo_collection().find(
        {"applied_at": {"$gte": since, "$gt": EPOCH, "$lt": before}, "ingestion_id": {"$nin": list(needed)}},
        {"applied_at": 1, "ingestion_id": 1},
        hint="kept",
        sort=[("applied_at", 1)],
        limit=DELETED_AT_ONCE,
    )
    return await found.to_list()


async def _still_needed(ids: set[ObjectId]) -> set[ObjectId]:
    """Those of the ingestions whose figures are still the sum over their chunks; freezes the failed ones'."""
    rows = Ingestion.get_pymongo_collection().find(
        {"_id": {"$in": list(ids)}, "counters": {"$type": "null"}}, {"status": 1}, hint="unfrozen"
    )
    needed: set[ObjectId] = set()
    for row in await rows.to_list():
        given_up = {"status": IngestionStatus.FAILED.value, "counters": None}
        if row["status"] != given_up["status"] or not await freeze_figures(row["_id"], given_up, {}):
            needed.add(row["_id"])
    return needed
