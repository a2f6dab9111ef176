"""Token days: how many tokens of the model each caller, and the whole deployment, used in a day."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

from beanie import Document
from pymongo import ASCENDING, IndexModel


class TokenDay(Document):
    """The tokens of one caller in one day (UTC), or of all where `caller` is None; `id` names both.

    `tokens` holds what is settled and what questions under way have reserved. What a process reserved that
    died before it settled stays, so that a day is never charged too little.
    """

    id: str  # type: ignore[assignment]
    day: str
    caller: str | None = None
    tokens: int
    questions: int
    expires_at: datetime

    class Settings:
        """Collection and indexes."""

        name = "assistant_token_days"
        indexes: ClassVar[list[IndexModel]] = [
            # Days that nobody asks about any more.
            IndexModel([("expires_at", ASCENDING)], name="expires_at", expireAfterSeconds=0),
        ]
