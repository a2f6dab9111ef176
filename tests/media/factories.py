"""Media as they are stored, without an upload."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from bson import ObjectId

from crm_graphql.media.documents import Media

START = datetime(2026, 1, 1, tzinfo=UTC)


async def insert_media(filename: str, **fields: Any) -> ObjectId:
    """A picture that is ready; nothing lies in the storage."""
    key = ObjectId()
    row = {
        "_id": key,
        "filename": filename,
        "name_words": filename.casefold().split(),
        "content_type": "image/png",
        "size_bytes": 10,
        "sha256": "0" * 64,
        "status": "READY",
        "rejection_reason": None,
        "key": f"media/{key}/0",
        "thumbnail": None,
        "attached": 0,
        "charged_bytes": 10,
        "attempts": 0,
        "subject": "tester",
    }
    moments = dict.fromkeys(("touched_at", "created_at", "updated_at"), START)
    await Media.get_pymongo_collection().insert_one({**row, **moments, **fields})
    return key
