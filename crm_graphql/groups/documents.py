"""The group as MongoDB holds it."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

from beanie import Document
from pydantic import Field
from pymongo import ASCENDING, DESCENDING, IndexModel


class Group(Document):
    """A group of customers. Its members name it, it does not name them."""

    name: str
    name_key: str
    """The name in folded case: no two groups share it."""
    name_words: list[str] = Field(default_factory=list)
    """For search by the beginning of any of them."""
    description: str | None = None
    created_at: datetime
    updated_at: datetime

    class Settings:
        """Collection and indexes."""

        name = "groups"
        indexes: ClassVar[list[IndexModel]] = [
            # One of a name; a customer's groups, and those that rules may name, in the order of names.
            IndexModel([("name_key", ASCENDING)], name="name_key", unique=True),
            # The list, newest first.
            IndexModel([("created_at", DESCENDING), ("_id", DESCENDING)], name="created_at"),
            # Search by the prefix of a word.
            IndexModel([("name_words", ASCENDING), ("created_at", DESCENDING)], name="name_words"),
        ]
