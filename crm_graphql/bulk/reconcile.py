"""Reconciling bulk operations that no message points at any more: they are put back to work."""

from __future__ import annotations

from structlog import get_logger

from crm_graphql.bulk.documents import BulkOperation
from crm_graphql.bulk.messages import BULK_TURNS
from crm_graphql.bus.port import Bus, BusError
from crm_graphql.mongo.leases import database_now

_log = get_logger(__name__)


async def restore_operations(*, bus: Bus) -> int:
    """Publish for open operations that nobody works at what is missing; how many messages. Harmless at any
    time. Asks the index alone."""
    now = await database_now()
    rows = BulkOperation.get_pymongo_collection().find(
        {"is_open": True}, {"_id": 1, "is_open": 1, "work.lease_until": 1}, hint="open"
    )
    idle = [row["_id"] async for row in rows if (row["work"].get("lease_until") or now) <= now]
    try:
        count = await BULK_TURNS.restore(idle, bus=bus)
    except BusError as error:
        _log.info("the bus is away, bulk operations wait", error=str(error))
        return 0
    if count:
        _log.info("bulk operations found that no message points at", count=count)
    return count
