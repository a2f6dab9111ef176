"""Reconciling exports: those that no message points at are put back to work, files that expired go."""

from __future__ import annotations

from bson import ObjectId
from structlog import get_logger

from crm_graphql.bus.port import Bus, BusError
from crm_graphql.exports.documents import Export
from crm_graphql.exports.lifecycle import failed
from crm_graphql.exports.messages import EXPORT_TURNS
from crm_graphql.exports.worker import folder_of
from crm_graphql.mongo.leases import database_now
from crm_graphql.storage.port import Storage, StorageAway

FILES_AT_ONCE = 20
_TOO_LATE = "It could not be made before its file was to go. See whether consumers run, and make it again."

_log = get_logger(__name__)


async def reconcile_exports(*, storage: Storage, bus: Bus) -> None:
    """Publish what is missing for exports that nobody works at, and take away files that have expired.
    Harmless at any time."""
    await _restore(bus)
    await remove_expired(storage)


async def _restore(bus: Bus) -> None:
    now = await database_now()
    rows = Export.get_pymongo_collection().find(
        {"is_open": True}, {"_id": 1, "is_open": 1, "work.lease_until": 1}, hint="open"
    )
    idle = [row["_id"] async for row in rows if (row["work"].get("lease_until") or now) <= now]
    try:
        count = await EXPORT_TURNS.restore(idle, bus=bus)
    except BusError as error:
        _log.info("the bus is away, exports wait", error=str(error))
        return
    if count:
        _log.info("exports found that no message points at", count=count)


async def remove_expired(storage: Storage) -> None:
    """Take away what is stored of exports that have expired, also what workers that died have left."""
    exports = Export.get_pymongo_collection()
    now = await database_now()
    expired = {"has_file": True, "expires_at": {"$lte": now}}
    await exports.update_many({**expired, "is_open": True}, [{"$set": failed(_TOO_LATE, now)}])
    # A worker that has just found out may still store a part.
    nobodys = {"$or": [{"work.lease_until": None}, {"work.lease_until": {"$lt": now}}]}
    rows = await exports.find({**expired, **nobodys}, {"_id": 1}, hint="files", limit=FILES_AT_ONCE).to_list()
    for row in rows:
        try:
            await _remove(row["_id"], storage)
        except StorageAway:
            _log.info("the storage is away, files of exports stay for now")
            return
        gone = {"$set": {"has_file": False, "file.parts": []}}
        await exports.update_one({"_id": row["_id"]}, gone)


async def _remove(export_id: ObjectId, storage: Storage) -> None:
    keys = [found.key async for found in storage.list(folder_of(export_id))]
    for key in keys:
        await storage.delete(key)
