"""The reconciler of media: announces what no message points at, and takes away what nothing names."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta

from bson import ObjectId
from structlog import get_logger

from crm_graphql.bus.port import Bus, BusError
from crm_graphql.media.documents import Media, MediaStatus
from crm_graphql.media.intake import FOLDER
from crm_graphql.media.messages import MEDIA_QUEUE, MediaArrived
from crm_graphql.media.removals import objects_of, remove_noted
from crm_graphql.mongo.leases import database_now
from crm_graphql.storage.port import Listed, Storage

UNHEARD = timedelta(seconds=150)
"""A file announced or taken in hand longer ago, with nothing waiting in the queue, is announced again: its
worker may take two minutes."""
AT_ONCE = 500
REMOVE_SECONDS = 2.0
"""After so long the reconciler goes on with what people wait for; the next round removes on."""
ORPHANED = timedelta(hours=24)
"""What lies in the storage for longer, and nothing names it, was left by a process that died: no upload takes
so long."""
_log = get_logger(__name__)


async def reconcile_media(storage: Storage, bus: Bus) -> None:
    """One short round, also where the storage hangs. Harmless at any time and any number of times."""
    await _announce_forgotten(bus)
    with suppress(TimeoutError):
        async with asyncio.timeout(REMOVE_SECONDS):
            await remove_noted(storage)


async def _announce_forgotten(bus: Bus) -> None:
    now = await database_now()
    media = Media.get_pymongo_collection()
    forgotten = {"status": MediaStatus.PROCESSING.value, "touched_at": {"$lt": now - UNHEARD}}
    rows = await media.find(forgotten, {"_id": 1}, hint="processing", limit=AT_ONCE).to_list()
    if not rows:
        return
    try:
        if await bus.depth(MEDIA_QUEUE):
            return
        keys = [row["_id"] for row in rows]
        await media.update_many({"_id": {"$in": keys}}, {"$set": {"touched_at": now}})
        await bus.publish(MEDIA_QUEUE, *(MediaArrived(media_id=str(key)) for key in keys))
    except BusError as error:
        _log.info("the bus is away, media wait", reason=str(error))
        return
    _log.info("media announced again", count=len(rows))


async def sweep_media(storage: Storage) -> int:
    """Take away objects that no file names, and what uploads left whose process died; how many.
    Looks at every object: run it now and then, in one process."""
    before = datetime.now(UTC) - ORPHANED
    count = await storage.sweep(before)
    some: list[Listed] = []
    async for one in storage.list(FOLDER):
        if one.put_at < before:
            some.append(one)
        if len(some) == AT_ONCE:
            count += await _remove_orphans(storage, some)
            some.clear()
    count += await _remove_orphans(storage, some)
    if count:
        _log.info("orphans removed from the storage", count=count)
    return count


async def _remove_orphans(storage: Storage, listed: Sequence[Listed]) -> int:
    ids = {one.key: one.key.split("/")[1] for one in listed}
    named: set[str] = set()
    wanted = [ObjectId(text) for text in set(ids.values()) if ObjectId.is_valid(text)]
    rows = Media.get_pymongo_collection().find({"_id": {"$in": wanted}}, {"key": 1, "thumbnail": 1})
    async for media in rows:
        named.update(objects_of(media))
    orphans = [key for key in ids if key not in named]
    for key in orphans:
        await storage.delete(key)
    return len(orphans)
