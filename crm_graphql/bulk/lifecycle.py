"""The lifecycle of a bulk operation: how it ends, by guarded updates, and who is told."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bson import ObjectId
from structlog import get_logger

from crm_graphql.bulk.documents import BulkOperation
from crm_graphql.bulk.messages import BULK_TURNS, bulk_topic
from crm_graphql.bus.port import Bus, BusError, Event
from crm_graphql.core.clock import Clock
from crm_graphql.core.paging import Row
from crm_graphql.customers.tagging import TAGS_LIMIT
from crm_graphql.ingestion.states import IngestionStatus

_log = get_logger(__name__)


async def complete_operation(guard: Mapping[str, Any], *, bus: Bus, clock: Clock) -> bool:
    """Note that all customers are done; what was left as it was is told. True for the one that did it."""
    left = f" would have more than {TAGS_LIMIT} tags: left as they were."
    told = {"$concat": [{"$toString": "$failed"}, left]}
    return await _end(
        guard,
        {
            "status": IngestionStatus.COMPLETED.value,
            "matched": {"$add": ["$done", "$failed"]},
            "failure_reason": {"$cond": [{"$gt": ["$failed", 0]}, told, None]},
        },
        bus=bus,
        clock=clock,
    )


async def fail_operation(guard: Mapping[str, Any], reason: str, *, bus: Bus, clock: Clock) -> bool:
    """End it with a reason that a person can act on; the customers that are done stay so. True for the one
    that did it."""
    fields = {"status": IngestionStatus.FAILED.value, "failure_reason": {"$literal": reason}}
    return await _end(guard, fields, bus=bus, clock=clock)


async def _end(guard: Mapping[str, Any], fields: Mapping[str, Any], *, bus: Bus, clock: Clock) -> bool:
    row = await BulkOperation.get_pymongo_collection().find_one_and_update(
        {**guard, "is_open": True},
        # Whom it named is of no use any more.
        [{"$set": {**fields, "is_open": False, "customer_ids": None, "completed_at": clock.now()}}],
        projection={"touches": 1},
    )
    if row is None:
        return False
    await tell_progress(row["_id"], bus=bus)
    await _wake_those_behind(row, bus=bus)
    return True


async def older_of_the_same(operation: Row) -> bool:
    """Whether an operation that was asked for earlier, and touches the same label, has not ended."""
    same = {"touches": {"$in": operation["touches"]}}
    earlier = {"is_open": True, "number": {"$lt": operation["number"]}, **same}
    found = await BulkOperation.get_pymongo_collection().find_one(earlier, {"_id": 1}, hint="open")
    return found is not None


async def _wake_those_behind(ended: Row, *, bus: Bus) -> None:
    """Publish for those that waited for the one that ended; what is missed here the reconciler finds."""
    waiting = {"is_open": True, "touches": {"$in": ended["touches"]}}
    rows = BulkOperation.get_pymongo_collection().find(waiting, {"_id": 1}, hint="open")
    await publish([row["_id"] async for row in rows], bus=bus)


async def publish(operations: list[ObjectId], *, bus: Bus) -> None:
    """Put a message for each into the queue; while the bus is away, the reconciler does."""
    if not operations:
        return
    try:
        await BULK_TURNS.fill(*operations, bus=bus)
    except BusError as error:
        _log.warning("bulk workers not told, the reconciler will", count=len(operations), error=str(error))


async def tell_progress(operation_id: ObjectId, *, bus: Bus) -> None:
    """Tell those who watch the operation that it has moved."""
    await bus.broadcast(Event(topic=bulk_topic(operation_id)))
