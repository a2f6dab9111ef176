"""Cutting accepted records into chunks, the same way from the same bytes."""

from __future__ import annotations

import hashlib
from datetime import datetime
from typing import Any
from zlib import crc32

from bson import ObjectId

from crm_graphql.ingestion.documents import ChunkState, Ingestion, IngestionKind, Lane
from crm_graphql.ingestion.payloads import Record, encode_record, joined

CHUNK_BYTES = 2 * 1024**2
"""A chunk's payload is cut before it grows beyond this; MongoDB stores documents of up to 16 MiB."""
RECORD_BYTES = 4 * 1024**2
"""The largest record that is accepted: the customer that it becomes holds each text twice."""
LEAST_WEIGHT = 100
"""What a chunk of few records counts for: it costs a transaction all the same."""
_BYTES_AS_A_RECORD = 1024


class _Buffer:
    """The encoded records of one partition that are not cut yet."""

    __slots__ = ("records", "size")

    def __init__(self) -> None:
        self.records: list[bytes] = []
        self.size = 0


class ChunkCutter:
    """Collects records by partition and cuts a chunk whenever a partition has enough of them, or of bytes."""

    def __init__(self, ingestion: Ingestion, lane: Lane) -> None:
        self._ingestion = ingestion
        self._lane = lane
        self._is_order = ingestion.kind is IngestionKind.ORDERS
        self._records = ingestion.chunk_records
        self._bytes = ingestion.chunk_bytes
        self._buffers = [_Buffer() for _ in range(ingestion.partitions)]
        self._cut: list[dict[str, Any]] = []
        self.count = 0
        """Chunks cut so far."""

    def add(self, record: Record, now: datetime) -> bool:
        """Take a record. False when it is larger than what can be stored."""
        encoded = encode_record(record)
        if len(encoded) > RECORD_BYTES:
            return False
        key = record.customer_external_id if self._is_order else record.external_id  # type: ignore[union-attr]
        # Stable over processes, machines and releases: a retry must cut the same chunks.
        place = crc32(key.encode()) % len(self._buffers)
        buffer = self._buffers[place]
        if buffer.size + len(encoded) > self._bytes and buffer.records:
            self._cut_buffer(place, now)
            buffer = self._buffers[place]
        buffer.records.append(encoded)
        buffer.size += len(encoded)
        if len(buffer.records) >= self._records:
            self._cut_buffer(place, now)
        return True

    def take_cut(self) -> list[dict[str, Any]]:
        """The documents of the chunks that became full since the last call."""
        cut, self._cut = self._cut, []
        return cut

    def finish(self, now: datetime) -> list[dict[str, Any]]:
        """The documents of the last, smaller chunks too."""
        for place, buffer in enumerate(self._buffers):
            if buffer.records:
                self._cut_buffer(place, now)
        return self.take_cut()

    def _cut_buffer(self, place: int, now: datetime) -> None:
        records = self._buffers[place].records
        self._buffers[place] = _Buffer()
        payload = joined(records)
        chunk = {
            **self._slot(payload, len(records), hashlib.sha256(payload).hexdigest(), now),
            "partition": place,
            "weight": max(len(records), LEAST_WEIGHT, len(payload) // _BYTES_AS_A_RECORD),
        }
        self.count += 1
        self._cut.append(chunk)

    def end(self, body_hash: str, now: datetime) -> dict[str, Any]:
        """The document that takes the place behind the last chunk, so that no other body goes on there.

        It holds no records, is applied from the beginning, and is no chunk to any count.
        """
        return {
            **self._slot(b"", 0, body_hash, now),
            "partition": 0,
            "weight": 0,
            "state": ChunkState.APPLIED.value,
            "applied_at": now,
        }

    def _slot(self, payload: bytes, records: int, content_hash: str, now: datetime) -> dict[str, Any]:
        return {
            "_id": ObjectId(),
            "ingestion_id": self._ingestion.id,
            "ingestion_number": self._ingestion.number,
            "number": self.count,
            "kind": self._ingestion.kind.value,
            "lane": self._lane.value,
            "payload": payload,
            "payload_hash": content_hash,
            "record_count": records,
            "state": ChunkState.PENDING.value,
            "starts": 0,
            "next_record": 0,
            "died_at": None,
            "deaths": 0,
            "counters": {"created": 0, "updated": 0, "unchanged": 0, "failed": 0},
            "created_at": now,
            # Written before it is true, to save a write: the reconciler finds what was not published.
            "published_at": now,
            "applied_at": None,
        }
