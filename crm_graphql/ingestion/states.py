"""States of ingestions and their chunks, and the lanes in which chunks wait."""

from __future__ import annotations

from enum import Enum


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
