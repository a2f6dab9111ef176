"""The lifecycle of an export: how it fails, by guarded updates, who is told, and how work gets out."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from bson import ObjectId
from structlog import get_logger

from crm_graphql.bus.port import Bus, BusError, Event
from crm_graphql.core.clock import Clock
from crm_graphql.exports.documents import Export, ExportStatus
from crm_graphql.exports.messages import EXPORT_TURNS, export_topic

_log = get_logger(__name__)


async def fail_export(guard: Mapping[str, Any], reason: str, *, bus: Bus, clock: Clock) -> bool:
    """End it with a reason that a person can act on; what was stored of it goes. True for the one that did
    it."""
    row = await Export.get_pymongo_collection().find_one_and_update(
        {**guard, "is_open": True}, [{"$set": failed(reason, clock.now())}], projection={"_id": 1}
    )
    if row is None:
        return False
    await tell_progress(row["_id"], bus=bus)
    return True


def failed(reason: str, at: datetime) -> dict[str, Any]:
    """What an update pipeline sets of an export that fails: its file has expired."""
    return {
        "status": ExportStatus.FAILED.value,
        "failure_reason": {"$literal": reason},
        "is_open": False,
        "completed_at": at,
        "expires_at": "$$NOW",
    }


async def publish(export_id: ObjectId, *, bus: Bus) -> None:
    """Put a message for it into the queue; while the bus is away, the reconciler does."""
    try:
        await EXPORT_TURNS.fill(export_id, bus=bus)
    except BusError as error:
        _log.warning("export workers not told, the reconciler will", error=str(error))


async def tell_progress(export_id: ObjectId, *, bus: Bus) -> None:
    """Tell those who watch the export that it has moved."""
    await bus.broadcast(Event(topic=export_topic(export_id)))
