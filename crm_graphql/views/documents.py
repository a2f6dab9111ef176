"""The saved view as MongoDB holds it."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

from beanie import Document
from pymongo import ASCENDING, IndexModel


class SavedView(Document):
    """Columns, filter and sort of a list. `state` is JSON text, as its client gave it: keys of any name."""

    owner: str
    """The subject of the actor that made it."""
    list_name: str
    name: str
    state: str
    is_shared: bool
    created_at: datetime
    updated_at: datetime

    class Settings:
        """Collection and indexes."""

        name = "saved_views"
        indexes: ClassVar[list[IndexModel]] = [
            # A person's own, by list.
            IndexModel([("owner", ASCENDING), ("list_name", ASCENDING), ("name", ASCENDING)], name="owner"),
            # Those that are shared, by list.
            IndexModel(
                [("list_name", ASCENDING), ("name", ASCENDING)],
                name="shared",
                partialFilterExpression={"is_shared": True},
            ),
        ]
