"""What the API processes of a deployment share about their callers: documents known by their hash, and what
each caller has spent of its rate limit."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar

from beanie import Document
from pymongo import ASCENDING, IndexModel, ReturnDocument
from pymongo.errors import DuplicateKeyError


class PersistedDocument(Document):
    """The text of a GraphQL document that passed all checks; `id` is the SHA-256 of the text."""

    id: str  # type: ignore[assignment]
    text: str
    expires_at: datetime

    class Settings:
        """Collection and indexes."""

        name = "persisted_documents"
        indexes: ClassVar[list[IndexModel]] = [
            # What nobody asks for is forgotten.
            IndexModel([("expires_at", ASCENDING)], name="expires_at", expireAfterSeconds=0),
        ]


class RateWindow(Document):
    """What a caller has taken of its budget in one window of time; `id` names both."""

    id: str  # type: ignore[assignment]
    taken: int
    expires_at: datetime

    class Settings:
        """Collection and indexes."""

        name = "rate_windows"
        indexes: ClassVar[list[IndexModel]] = [
            # Windows that are over.
            IndexModel([("expires_at", ASCENDING)], name="expires_at", expireAfterSeconds=0),
        ]


def _days_from_now(days: int) -> dict[str, Any]:
    return {"$add": ["$$NOW", days * 24 * 3600 * 1000]}


async def find_persisted(key: str, keep_days: int) -> str | None:
    """The text known by this hash, if there is one; it is then kept for `keep_days` from now."""
    documents = PersistedDocument.get_pymongo_collection()
    row = await documents.find_one_and_update(
        {"_id": key}, [{"$set": {"expires_at": _days_from_now(keep_days)}}], {"text": 1}
    )
    return str(row["text"]) if row else None


async def store_persisted(key: str, text: str, keep_days: int, limit: int) -> bool:
    """Make the text known by its hash, unless `limit` texts are known already. Whether it is known now."""
    documents = PersistedDocument.get_pymongo_collection()
    if await documents.estimated_document_count() >= limit:
        return False
    await documents.update_one(
        {"_id": key},
        [{"$set": {"text": {"$literal": text}, "expires_at": _days_from_now(keep_days)}}],
        upsert=True,
    )
    return True


async def take_budget(window: str, amount: int, limit: int, expires_at: datetime) -> tuple[int, int]:
    """Take up to `amount` of what is left of a window's `limit`. What was granted, and what all took by now.

    Atomic: processes together never get more than `limit`.
    """
    windows = RateWindow.get_pymongo_collection()
    taken = {"$ifNull": ["$taken", 0]}
    change = {"$set": {"taken": {"$min": [limit, {"$add": [taken, amount]}]}, "expires_at": expires_at}}
    for _ in range(2):
        try:
            before = await windows.find_one_and_update(
                {"_id": window}, [change], upsert=True, return_document=ReturnDocument.BEFORE
            )
            break
        except DuplicateKeyError:  # another process made it at the same moment
            continue
    else:
        before = None
    had = int(before["taken"]) if before else 0
    return min(amount, max(0, limit - had)), min(limit, had + amount)
