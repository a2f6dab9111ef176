"""Media, what they are attached to, and which stored objects are to go, as MongoDB holds them."""

from __future__ import annotations

from datetime import datetime
from enum import Enum
from typing import ClassVar

from beanie import Document, PydanticObjectId
from pydantic import BaseModel, Field
from pymongo import ASCENDING, DESCENDING, IndexModel


class MediaStatus(Enum):
    """How far a file is. The last two are final."""

    PROCESSING = "PROCESSING"
    READY = "READY"
    REJECTED = "REJECTED"


class Thumbnail(BaseModel):
    """A small picture of a picture."""

    key: str
    content_type: str
    size_bytes: int


class Media(Document):
    """A file. `content_type`, `size_bytes` and `sha256` are of the bytes under `key`, which processing may
    replace; `charged_bytes` is what it counts in the room of all files, thumbnail included."""

    filename: str
    name_words: list[str] = Field(default_factory=list)
    content_type: str
    size_bytes: int
    sha256: str
    status: MediaStatus = MediaStatus.PROCESSING
    rejection_reason: str | None = None
    key: str | None
    """Of the storage; None once it was rejected."""
    thumbnail: Thumbnail | None = None
    public_name: str | None = None
    """Which anybody may ask for; unguessable. Missing where it is not published."""
    attached: int = 0
    """To how many customers: moves with `MediaAttachment`, in one transaction."""
    charged_bytes: int
    attempts: int = 0
    """How often processing began and nobody heard how it ended."""
    touched_at: datetime
    """When it was last announced or taken in hand, by the database's clock."""
    subject: str
    """Who uploaded it: the actor's subject."""
    created_at: datetime
    updated_at: datetime

    class Settings:
        """Collection and indexes."""

        name = "media"
        indexes: ClassVar[list[IndexModel]] = [
            # The list, newest first.
            IndexModel([("created_at", DESCENDING), ("_id", DESCENDING)], name="created_at"),
            # The list of one kind, whose content types are merged.
            IndexModel(
                [("content_type", ASCENDING), ("created_at", DESCENDING), ("_id", DESCENDING)],
                name="content_type",
            ),
            # Search by the beginning of a word of the name.
            IndexModel([("name_words", ASCENDING), ("created_at", DESCENDING)], name="name_words"),
            # What anybody asks for.
            IndexModel(
                [("public_name", ASCENDING)],
                name="public_name",
                unique=True,
                partialFilterExpression={"public_name": {"$exists": True}},
            ),
            # What no message points at any more.
            IndexModel(
                [("touched_at", ASCENDING)],
                name="processing",
                partialFilterExpression={"status": "PROCESSING"},
            ),
        ]


class MediaAttachment(Document):
    """A file that belongs to a customer's record."""

    media_id: PydanticObjectId
    customer_id: PydanticObjectId
    attached_at: datetime

    class Settings:
        """Collection and indexes."""

        name = "media_attachments"
        indexes: ClassVar[list[IndexModel]] = [
            # One of a file and a customer; the customers of a file, newest first.
            IndexModel([("media_id", ASCENDING), ("customer_id", ASCENDING)], name="pair", unique=True),
            IndexModel([("media_id", ASCENDING), ("_id", DESCENDING)], name="media"),
            # The files of a customer, newest first.
            IndexModel([("customer_id", ASCENDING), ("_id", DESCENDING)], name="customer"),
        ]


class MediaRemoval(Document):
    """A stored object that nothing names any more; `id` is its key. Written in the transaction after which
    that is so, and gone when the object is."""

    id: str  # type: ignore[assignment]
    at: datetime

    class Settings:
        """Collection."""

        name = "media_removals"


class StoredBytes(Document):
    """How many bytes all files have in the storage; moves with them, in one transaction."""

    id: str  # type: ignore[assignment]
    bytes: int

    class Settings:
        """Collection."""

        name = "stored_bytes"
