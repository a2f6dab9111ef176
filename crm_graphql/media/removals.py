"""Removals: stored objects that nothing names any more, noted in the same transaction, then taken away."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pymongo.asynchronous.client_session import AsyncClientSession
from structlog import get_logger

from crm_graphql.core.paging import Row
from crm_graphql.media.documents import MediaRemoval
from crm_graphql.mongo.leases import database_now
from crm_graphql.storage.port import Storage, StorageAway

AT_ONCE = 200
_log = get_logger(__name__)


def objects_of(media: Row) -> Iterator[str]:
    """The keys of what is stored of a file."""
    if media["key"] is not None:
        yield media["key"]
    if media["thumbnail"]:
        yield media["thumbnail"]["key"]


async def note_removals(keys: Sequence[str], session: AsyncClientSession) -> None:
    """Have the objects taken away once the session's transaction is committed."""
    if keys:
        now = await database_now()
        rows = [{"_id": key, "at": now} for key in keys]
        await MediaRemoval.get_pymongo_collection().insert_many(rows, session=session)


async def remove_noted(storage: Storage, keys: Sequence[str] | None = None) -> None:
    """Take away what is noted, or some of it. What the storage cannot do now stays noted."""
    removals = MediaRemoval.get_pymongo_collection()
    filter_ = {} if keys is None else {"_id": {"$in": list(keys)}}
    for row in await removals.find(filter_, limit=AT_ONCE).to_list():
        try:
            await storage.delete(row["_id"])
        except StorageAway:
            _log.warning("a file is to be removed, the storage is away", key=row["_id"])
            return
        await removals.delete_one({"_id": row["_id"]})
