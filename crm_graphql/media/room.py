"""The room that files take: counted exactly, in the transactions that add and remove them."""

from __future__ import annotations

from pymongo.asynchronous.client_session import AsyncClientSession
from pymongo.errors import DuplicateKeyError

from crm_graphql.core.errors import LimitExceeded
from crm_graphql.media.documents import StoredBytes

_KEY = "files"


class NoRoom(LimitExceeded):
    """What all files may take together is taken."""

    def __init__(self) -> None:
        super().__init__(
            "There is no room for this: what all files may take together (CRM_STORAGE_LIMIT_BYTES) is taken. "
            "Delete some first."
        )


async def take_room(size_bytes: int, limit_bytes: int, session: AsyncClientSession) -> None:
    """Count bytes that are added, where the limit lets them in (0: always). Raises NoRoom."""
    if limit_bytes and size_bytes > limit_bytes:
        raise NoRoom
    fits = {"bytes": {"$lte": limit_bytes - size_bytes}} if limit_bytes else {}
    try:
        await StoredBytes.get_pymongo_collection().update_one(
            {"_id": _KEY, **fits}, {"$inc": {"bytes": size_bytes}}, upsert=True, session=session
        )
    except DuplicateKeyError:
        # It is there, and holds too much.
        raise NoRoom from None


async def change_room(by_bytes: int, session: AsyncClientSession) -> None:
    """Count bytes that went (negative), or that came of files that are here already."""
    if by_bytes:
        await StoredBytes.get_pymongo_collection().update_one(
            {"_id": _KEY}, {"$inc": {"bytes": by_bytes}}, upsert=True, session=session
        )


async def stored_bytes() -> int:
    """What all files take now."""
    row = await StoredBytes.get_pymongo_collection().find_one({"_id": _KEY})
    return 0 if row is None else int(row["bytes"])
