"""GraphQL documents that the API processes of a deployment know by their hash."""

from __future__ import annotations

import contextlib
from datetime import datetime
from typing import Any, ClassVar

from beanie import Document
from pymongo import ASCENDING, IndexModel
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
    change = {"$set": {"text": {"$literal": text}, "expires_at": _days_from_now(keep_days)}}
    # Another process may make it at the same moment: it has the same text.
    with contextlib.suppress(DuplicateKeyError):
        await documents.update_one({"_id": key}, [change], upsert=True)
    return True
