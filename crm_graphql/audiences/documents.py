"""The audience as MongoDB holds it."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar

from beanie import Document
from pydantic import Field
from pymongo import ASCENDING, DESCENDING, IndexModel


class Audience(Document):
    """A saved rule. `rule` is the tree as it was given, checked, without null keys."""

    name: str
    description: str | None = None
    rule: dict[str, Any]
    name_words: list[str] = Field(default_factory=list)
    """The name's words in folded case, for search by prefix."""
    created_by: str | None = None
    """Who made it: a user's name, or an API key's. None where nobody noted it yet."""
    size: int | None = None
    size_at: datetime | None = None
    created_at: datetime
    updated_at: datetime

    class Settings:
        """Collection and indexes."""

        name = "audiences"
        indexes: ClassVar[list[IndexModel]] = [
            # The list, newest first.
            IndexModel([("created_at", DESCENDING), ("_id", DESCENDING)], name="created_at"),
            # Search by the prefix of a word.
            IndexModel([("name_words", ASCENDING), ("created_at", DESCENDING)], name="name_words"),
        ]
