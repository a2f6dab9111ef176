"""Ingestion settings: bodies, chunks, partitions and the processes that share them. Part of `Settings`."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field
from pydantic_settings import BaseSettings


class IngestionSettings(BaseSettings):
    """Ingestion: how much is taken in, in which pieces, and who applies them."""

    ingest_read_seconds: Annotated[float, Field(gt=0)] = Field(
        60.0, description="How long 64 KiB of a body of POST /ingest may take to come."
    )
    ingest_body_limit_bytes: Annotated[int, Field(gt=0)] = Field(
        10 * 1024**3, description="Largest body of POST /ingest, after decompression."
    )
    row_errors_kept: Annotated[int, Field(ge=1)] = Field(
        100_000, description="Row errors stored for one ingestion; the counts go on beyond it."
    )
    unsealed_timeout_seconds: Annotated[int, Field(ge=1)] = Field(
        3600, description="An ingestion whose body never ended fails after this long without a chunk."
    )
    pending_records_limit: Annotated[int, Field(ge=1)] = Field(
        2_000_000,
        description="The ingest doors stop reading while more accepted records than this wait; a chunk "
        "counts as at least 100. Small bodies and mutations are counted apart.",
    )
    backpressure_wait_seconds: Annotated[float, Field(gt=0)] = Field(
        30.0, description="How long a door waits for room before it answers 503 with Retry-After."
    )

    partitions: Annotated[int, Field(ge=1, le=64)] = Field(
        8, description="Queues that customers are spread over. Change it only while nothing is pending."
    )
    chunk_records: Annotated[int, Field(ge=1, le=10_000)] = Field(
        5000, description="Records applied in one transaction."
    )
    chunks_at_once: Annotated[int, Field(ge=1, le=64)] = Field(
        2, description="Chunks that one consumer process applies at once."
    )
    chunk_retention_days: Annotated[int, Field(ge=1)] = Field(
        7, description="How long applied chunks are kept, for `crm replay`."
    )

    consumer_lease_seconds: Annotated[float, Field(gt=0)] = Field(
        5.0, description="A consumer process that is silent this long loses its partitions."
    )
    reconcile_interval_seconds: Annotated[float, Field(gt=0)] = Field(
        5.0, description="How often the reconciler looks for work that no message points at."
    )
