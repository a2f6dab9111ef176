"""Rate windows: what each caller has spent of its rate limit, over all API processes of a deployment."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import ClassVar

from beanie import Document
from pymongo import ASCENDING, IndexModel, UpdateOne


class RateWindow(Document):
    """What a caller has spent in one window of time; `id` names both."""

    id: str  # type: ignore[assignment]
    spent: int
    expires_at: datetime

    class Settings:
        """Collection and indexes."""

        name = "rate_windows"
        indexes: ClassVar[list[IndexModel]] = [
            # Windows that are over.
            IndexModel([("expires_at", ASCENDING)], name="expires_at", expireAfterSeconds=0),
        ]


async def add_spending(spent: Mapping[str, tuple[int, datetime]]) -> dict[str, int]:
    """Add to each window what was spent in it, until the moment it expires. What all processes have spent
    in each by now. One write and one read, however many windows."""
    windows = RateWindow.get_pymongo_collection()
    await windows.bulk_write(
        [
            UpdateOne({"_id": key}, {"$inc": {"spent": amount}, "$set": {"expires_at": expires}}, upsert=True)
            for key, (amount, expires) in spent.items()
        ],
        ordered=False,
    )
    return {row["_id"]: row["spent"] async for row in windows.find({"_id": {"$in": list(spent)}})}
