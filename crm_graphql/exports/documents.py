"""The export as MongoDB holds it."""

from __future__ import annotations

from datetime import datetime
from enum import Enum
from typing import Any, ClassVar

from beanie import Document, PydanticObjectId
from pydantic import BaseModel, Field
from pymongo import ASCENDING, DESCENDING, IndexModel

HISTORY_DAYS = 90
"""How long it is told that there was an export, once its file has gone."""


class ExportSubject(Enum):
    """What an export holds."""

    CUSTOMERS = "CUSTOMERS"
    ORDERS = "ORDERS"
    DELIVERIES = "DELIVERIES"


class ExportFormat(Enum):
    """How its file is written."""

    CSV = "CSV"
    NDJSON = "NDJSON"


class ExportStatus(Enum):
    """How far an export is."""

    RUNNING = "RUNNING"
    COMPLETED = "COMPLETED"
    FAILED = "FAILED"


class ClusterTime(BaseModel):
    """A moment of MongoDB's own, exact to the single write."""

    time: int
    inc: int


class Part(BaseModel):
    """A piece of the file that is stored: `key` is its object, `size` in bytes."""

    key: str
    size: int


class File(BaseModel):
    """How far the file is: its parts in order, and what its end must say of what was packed."""

    parts: list[Part] = Field(default_factory=list)
    size: int = 0
    checksum: int = 0
    unpacked_size: int = 0


class Work(BaseModel):
    """Whose turn it is: the lease of the worker that holds `token`; how often its part failed, and since when
    the storage has been failing."""

    token: str | None = None
    lease_until: datetime | None = None
    failures: int = 0
    failing_since: datetime | None = None


class Export(Document):
    """A file of customers, orders or deliveries.

    Of whom it is, is frozen when it is made: the rule with its moment, or the customers' keys, or the
    campaign. `place` is where the walk over them goes on; it moves with `rows` and `file` in the one guarded
    update that takes a part in.
    """

    content: ExportSubject
    format: ExportFormat
    status: ExportStatus = ExportStatus.RUNNING
    is_open: bool = True
    """Whether there is still something to do."""
    failure_reason: str | None = None
    person: PydanticObjectId | None = None
    """The one customer of whom it holds everything."""
    customer_ids: list[PydanticObjectId] | None = None
    rule: dict[str, Any] | None = None
    time_zone: str = "UTC"
    """Of the rule's days."""
    campaign_id: PydanticObjectId | None = None
    from_at: datetime | None = None
    until_at: datetime | None = None
    expected: int | None = None
    """Rows, as they were counted beforehand; None where that takes too long."""
    as_of: datetime | None = None
    """When its making began, by the database's clock."""
    cluster_time: ClusterTime | None = None
    """What is read is as of this; None once MongoDB keeps it no more."""
    is_one_moment: bool = True
    note: str | None = None
    place: dict[str, Any] | None = None
    rows: int = 0
    file: File = Field(default_factory=File)
    has_file: bool = True
    """Whether something may be stored of it."""
    work: Work = Field(default_factory=Work)
    subject: str
    """Who asked: the actor's subject."""
    idempotency_key: str | None = None
    idempotency_hash: str | None = None
    created_by: str
    """A user's or an API key's name."""
    created_at: datetime
    completed_at: datetime | None = None
    expires_at: datetime

    class Settings:
        """Collection and indexes."""

        name = "exports"
        indexes: ClassVar[list[IndexModel]] = [
            # The list, newest first.
            IndexModel([("created_at", DESCENDING), ("_id", DESCENDING)], name="created_at"),
            # What the reconciler asks, and how many of somebody are open, from the index alone.
            IndexModel(
                [
                    ("is_open", ASCENDING),
                    ("subject", ASCENDING),
                    ("work.lease_until", ASCENDING),
                    ("_id", ASCENDING),
                ],
                name="open",
                partialFilterExpression={"is_open": True},
            ),
            # Whose files are to go.
            IndexModel(
                [("has_file", ASCENDING), ("expires_at", ASCENDING)],
                name="files",
                partialFilterExpression={"has_file": True},
            ),
            # A retry finds what it began.
            IndexModel(
                [("subject", ASCENDING), ("idempotency_key", ASCENDING)],
                name="idempotency_key",
                unique=True,
                partialFilterExpression={"idempotency_key": {"$type": "string"}},
            ),
            # What names a customer who is erased: few.
            IndexModel([("customer_ids", ASCENDING)], name="customer_ids", sparse=True),
            # Forgotten, once the file has gone.
            IndexModel(
                [("expires_at", ASCENDING)],
                name="expires_at",
                expireAfterSeconds=HISTORY_DAYS * 24 * 3600,
                partialFilterExpression={"has_file": False},
            ),
        ]
