"""Definitions of custom fields as MongoDB holds them."""

from __future__ import annotations

from datetime import datetime
from enum import Enum
from typing import Any, ClassVar

from beanie import Document
from pymongo import ASCENDING, IndexModel


class CustomFieldType(Enum):
    """What kind of value a custom field holds."""

    TEXT = "TEXT"
    NUMBER = "NUMBER"
    DATE = "DATE"
    BOOLEAN = "BOOLEAN"
    LIST = "LIST"


class CustomField(Document):
    """A field that people defined. Values of customers lie under `slot`, which no other field ever gets: what
    is left of a deleted one never shows under a new field of the same key."""

    key: str
    live_key: str | None
    """The key: no two fields share it. None once the field is deleted."""
    slot: str
    label: str
    type: CustomFieldType
    is_required: bool = False
    default_value: Any = None
    """As a customer's document would hold it."""
    minimum: float | None = None
    maximum: float | None = None
    pattern: str | None = None
    options: list[str] | None = None
    revision: int = 0
    created_at: datetime
    updated_at: datetime
    deleted_at: datetime | None = None
    """By the database's clock. A deleted field stays, so that a rule that names it can still be read."""
    is_open: bool = False
    """Deleted, and customers may still hold values of it."""

    class Settings:
        """Collection and indexes."""

        name = "custom_fields"
        indexes: ClassVar[list[IndexModel]] = [
            # One of a key; the fields that are not deleted.
            IndexModel(
                [("live_key", ASCENDING)],
                name="live_key",
                unique=True,
                partialFilterExpression={"live_key": {"$type": "string"}},
            ),
            # The fields that a stored rule names, deleted ones too.
            IndexModel([("key", ASCENDING), ("_id", ASCENDING)], name="key"),
            # Of which customers may still hold values: few.
            IndexModel(
                [("is_open", ASCENDING), ("deleted_at", ASCENDING)],
                name="open",
                partialFilterExpression={"is_open": True},
            ),
        ]
