"""Ingestions, their chunks, row errors and dead letters as MongoDB holds them."""

from __future__ import annotations

from datetime import UTC, datetime
from enum import Enum
from typing import Any, ClassVar

from beanie import Document, PydanticObjectId
from pydantic import BaseModel, Field
from pymongo import ASCENDING, DESCENDING, IndexModel

from crm_graphql.core.errors import ErrorCode
from crm_graphql.imports.kinds import IngestionKind

EPOCH = datetime.fromtimestamp(0, UTC)
"""Before any moment that is stored; a filter that names it may use an index of what has happened."""


class IngestionStatus(Enum):
    """How far an ingestion is."""

    ACCEPTED = "ACCEPTED"
    RUNNING = "RUNNING"
    COMPLETED = "COMPLETED"
    FAILED = "FAILED"


class ChunkState(Enum):
    """Whether a chunk's records have been applied."""

    PENDING = "PENDING"
    APPLIED = "APPLIED"


class Lane(Enum):
    """Which queue of its partition a chunk waits in: somebody waits for what a small body holds."""

    INTERACTIVE = "INTERACTIVE"
    BULK = "BULK"


class Counters(BaseModel):
    """What became of accepted records."""

    created: int = 0
    updated: int = 0
    unchanged: int = 0
    failed: int = 0


class Ingestion(Document):
    """One delivery of records by a caller.

    `number` grows with each ingestion and orders the versions of their records. `sealed` says that the whole
    body was read; `received`, `rejected`, `incomplete` and `chunk_count` grow until then. `counters` is
    filled at completion; before that the figures are the sum over the chunks.
    """

    number: int
    kind: IngestionKind
    status: IngestionStatus = IngestionStatus.ACCEPTED
    failure_reason: str | None = None
    source: str | None = None
    subject: str
    """Who sent it: the actor's subject."""
    idempotency_key: str | None = None
    partitions: int
    groups: int | None = None
    """Customers of a partition are cut in groups of their own, so many over all partitions, a multiple of
    theirs; null where a former release began it: one group a partition."""
    chunk_records: int
    chunk_bytes: int
    """Chunks are cut at so many records or bytes, whichever comes first; kept, so that a retry cuts alike."""
    sealed: bool = False
    body_hash: str | None = None
    chunk_count: int = 0
    received: int = 0
    rejected: int = 0
    incomplete: int = 0
    """Accepted records that were taken without a field that has a row error."""
    plan: dict[str, Any] | None = None
    """How its file was read, as `stored_plans` writes it; null for records of a mutation."""
    request_hash: str | None = None
    """Of the options that were asked for: the same key with others is another upload."""
    is_dry_run: bool = False
    bytes_received: int | None = None
    """Of the file as it came, packed or not; null for records of a mutation."""
    row_error_counts: list[dict[str, Any]] = Field(default_factory=list)
    refused_until: datetime | None = None
    """How long its refused rows are kept; null where there is none."""
    expires_at: datetime | None = None
    """When it is forgotten: a dry run, after a day."""
    counters: Counters | None = None
    corrections: int = 0
    """How often a dead letter that went through moved the figures: they are frozen as of one such number."""
    created_at: datetime
    touched_at: datetime
    """When the door last stored something."""
    completed_at: datetime | None = None

    class Settings:
        """Collection and indexes."""

        name = "ingestions"
        indexes: ClassVar[list[IndexModel]] = [
            # The list, newest first.
            IndexModel([("created_at", DESCENDING), ("_id", DESCENDING)], name="created_at"),
            # A caller's own ingestions, newest first.
            IndexModel(
                [("subject", ASCENDING), ("created_at", DESCENDING), ("_id", DESCENDING)], name="subject"
            ),
            # A retry finds what it began.
            IndexModel(
                [("subject", ASCENDING), ("idempotency_key", ASCENDING)],
                name="idempotency_key",
                unique=True,
                partialFilterExpression={"idempotency_key": {"$type": "string"}},
            ),
            # The reconciler's search for what has not ended, from the index alone.
            IndexModel(
                [("sealed", ASCENDING), ("status", ASCENDING), ("touched_at", ASCENDING), ("_id", ASCENDING)],
                name="open",
            ),
            # Whose chunks are still needed for its figures: few.
            IndexModel(
                [("counters", ASCENDING), ("_id", ASCENDING)],
                name="unfrozen",
                partialFilterExpression={"counters": {"$type": "null"}},
            ),
            # Dry runs are forgotten.
            IndexModel([("expires_at", ASCENDING)], name="expires_at", expireAfterSeconds=0, sparse=True),
        ]


class IngestionChunk(Document):
    """Some accepted records of one partition: what was accepted, and its own idempotency marker.

    The change from PENDING to APPLIED happens in the transaction that applies the records.
    """

    ingestion_id: PydanticObjectId
    ingestion_number: int
    number: int
    kind: IngestionKind
    partition: int
    lane: Lane = Lane.BULK
    payload: bytes
    payload_hash: str
    record_count: int
    weight: int
    """What it counts for back-pressure: its records, or more where they are few or large."""
    state: ChunkState = ChunkState.PENDING
    starts: int = 0
    """How often a consumer began it and was not heard of again; two make it go record by record."""
    next_record: int = 0
    """Records before this index are applied already; moves only when the chunk goes record by record."""
    died_at: int | None = None
    """The record at which a process last died while it went record by record."""
    deaths: int = 0
    """How many processes died at `died_at`, one after another; two make the record a dead letter."""
    counters: Counters = Field(default_factory=Counters)
    created_at: datetime
    published_at: datetime | None = None
    """When a message last stood for it: it was published then, or a consumer had it in hand."""
    applied_at: datetime | None = None

    class Settings:
        """Collection and indexes."""

        name = "ingestion_chunks"
        indexes: ClassVar[list[IndexModel]] = [
            # Its marker.
            IndexModel([("ingestion_id", ASCENDING), ("number", ASCENDING)], name="number", unique=True),
            # The sums over an ingestion's chunks, from the index alone: payloads are large.
            IndexModel(
                [
                    ("ingestion_id", ASCENDING),
                    ("record_count", ASCENDING),
                    ("counters.created", ASCENDING),
                    ("counters.updated", ASCENDING),
                    ("counters.unchanged", ASCENDING),
                    ("counters.failed", ASCENDING),
                ],
                name="figures",
            ),
            # Pending chunks by queue, from the index alone: the reconciler's search, and back-pressure's sum.
            IndexModel(
                [
                    ("state", ASCENDING),
                    ("lane", ASCENDING),
                    ("partition", ASCENDING),
                    ("published_at", ASCENDING),
                    ("ingestion_id", ASCENDING),
                    ("number", ASCENDING),
                    ("weight", ASCENDING),
                    ("_id", ASCENDING),
                ],
                name="unapplied",
                partialFilterExpression={"state": "PENDING"},
            ),
            # Whether an ingestion has a pending chunk, and which ones have, from the index alone.
            IndexModel(
                [("state", ASCENDING), ("ingestion_id", ASCENDING)],
                name="unfinished",
                partialFilterExpression={"state": "PENDING"},
            ),
            # What has been kept long enough for a replay, from the index alone.
            IndexModel(
                [("applied_at", ASCENDING), ("ingestion_id", ASCENDING), ("_id", ASCENDING)],
                name="kept",
                partialFilterExpression={"applied_at": {"$gt": EPOCH}},
            ),
        ]


class RowErrorRecord(Document):
    """One row that was refused, at the door or when it was applied, or taken without the field that is named.

    `row` counts from 0.
    """

    ingestion_id: PydanticObjectId
    row: int
    external_id: str | None = None
    field: str | None = None
    value: str | None = None
    """What stood there, at most 100 characters."""
    code: ErrorCode
    message: str
    line: int | None = None
    """Of the file, from 1, on which the row begins."""
    column: str | None = None
    """The heading as it stands in the file."""
    expires_at: datetime | None = None
    """When it is forgotten: one of a dry run."""

    class Settings:
        """Collection and indexes."""

        name = "row_errors"
        indexes: ClassVar[list[IndexModel]] = [
            # An ingestion's row errors in the order of rows; one a row.
            IndexModel([("ingestion_id", ASCENDING), ("row", ASCENDING)], name="row", unique=True),
            # Those of dry runs are forgotten.
            IndexModel([("expires_at", ASCENDING)], name="expires_at", expireAfterSeconds=0, sparse=True),
        ]


class RefusedRow(Document):
    """A row of a file that was refused, as it came, to be mended and sent again. Kept as chunks are."""

    ingestion_id: PydanticObjectId
    row: int
    cells: bytes | None
    """JSON: texts in the order of the file's columns, or the object itself; null where no cells were."""
    error: str
    error_column: str | None
    external_id: str | None
    expires_at: datetime

    class Settings:
        """Collection and indexes."""

        name = "refused_rows"
        indexes: ClassVar[list[IndexModel]] = [
            # An ingestion's refused rows in the order of rows; one a row.
            IndexModel([("ingestion_id", ASCENDING), ("row", ASCENDING)], name="row", unique=True),
            IndexModel([("expires_at", ASCENDING)], name="expires_at", expireAfterSeconds=0),
        ]


class DeadLetter(Document):
    """A record that could not be applied for a reason in its data; kept until it is sent again.

    `record` is a payload of `record_count` records: of one, or of a whole chunk where not even the limits of
    its records can be made out. `row` is negative where it cannot be.
    """

    ingestion_id: PydanticObjectId
    chunk_number: int
    row: int
    kind: IngestionKind
    record: bytes
    record_count: int = 1
    version: int
    error: str
    created_at: datetime

    class Settings:
        """Collection and indexes."""

        name = "dead_letters"
        indexes: ClassVar[list[IndexModel]] = [
            # One a record, however often its chunk is applied.
            IndexModel([("ingestion_id", ASCENDING), ("row", ASCENDING)], name="row", unique=True),
            # `crm dead list`, newest first.
            IndexModel([("created_at", DESCENDING), ("_id", DESCENDING)], name="created_at"),
        ]
