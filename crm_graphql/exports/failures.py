"""Failures of exports: which end one, and which are waited out."""

from __future__ import annotations

from datetime import timedelta

from pymongo import ReturnDocument
from structlog import get_logger

from crm_graphql.bus.port import Bus, BusError
from crm_graphql.core.clock import Clock
from crm_graphql.core.errors import InvalidInput
from crm_graphql.core.paging import Row
from crm_graphql.exports.documents import Export
from crm_graphql.exports.lifecycle import fail_export
from crm_graphql.mongo.leases import database_now
from crm_graphql.mongo.transient import names_data, reason
from crm_graphql.storage.port import StorageAway, StorageFull

FAILURES_ALLOWED = 6
"""As often the same part may fail for what is in it: about 20 s of tries."""
STORAGE_PATIENCE = timedelta(minutes=15)
"""So long the storage may be away or full while an export waits."""

_log = get_logger(__name__)


async def ends_the_export(error: Exception, export: Row, guard: Row, *, bus: Bus, clock: Clock) -> bool:
    """Whether the export that `error` stopped is given up, being FAILED then, with the reason.

    At once for a rule that this release refuses; after a while for a storage that takes nothing; after some
    tries for any other error that is not the weather of database and bus.
    """
    if isinstance(error, InvalidInput):
        return await fail_export(guard, f"The rule cannot be used any more: {error}", bus=bus, clock=clock)
    if isinstance(error, StorageAway | StorageFull):
        if not await _has_failed_for_long(guard):
            return False
        minutes = round(STORAGE_PATIENCE.total_seconds() / 60)
        what = "is full: make room" if isinstance(error, StorageFull) else "is away: see to CRM_STORAGE"
        text = f"The storage of files {what}, and make the export again. It was tried for {minutes} minutes."
        return await fail_export(guard, text, bus=bus, clock=clock)
    if isinstance(error, BusError) or not names_data(error):
        return False
    if await _count(guard) < FAILURES_ALLOWED:
        return False
    _log.error("an export cannot be made", export_id=str(export["_id"]), exc_info=error)
    text = f"It cannot be made: {reason(error)[:200]}. The consumers' log says where."
    return await fail_export(guard, text, bus=bus, clock=clock)


async def _has_failed_for_long(guard: Row) -> bool:
    row = await Export.get_pymongo_collection().find_one_and_update(
        guard,
        [{"$set": {"work.failing_since": {"$ifNull": ["$work.failing_since", "$$NOW"]}}}],
        projection={"work.failing_since": 1},
        return_document=ReturnDocument.AFTER,
    )
    return row is not None and await database_now() - row["work"]["failing_since"] >= STORAGE_PATIENCE


async def _count(guard: Row) -> int:
    row = await Export.get_pymongo_collection().find_one_and_update(
        guard,
        {"$inc": {"work.failures": 1}},
        projection={"work.failures": 1},
        return_document=ReturnDocument.AFTER,
    )
    return 0 if row is None else int(row["work"]["failures"])
