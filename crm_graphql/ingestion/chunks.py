"""Cutting accepted records into chunks, the same way from the same bytes."""

from __future__ import annotations

import hashlib
from datetime import datetime
from typing import Any
from zlib import crc32

from bson import ObjectId

from crm_graphql.imports.kinds import IngestionKind
from crm_graphql.ingestion.documents import ChunkState, Ingestion, Lane
from crm_graphql.ingestion.payloads import Record, encode_record, joined

CHUNK_BYTES = 2 * 1024**2
"""A chunk's payload is cut before it grows beyond this; MongoDB stores documents of up to 16 MiB."""
RECORD_BYTES = 4 * 1024**2
"""The largest record that is accepted: the customer that it becomes holds each text twice."""
_GROUPS_A_PARTITION, _MOST_GROUPS = 8, 64
LEAST_WEIGHT = 100
"""What a chunk of few records counts for: it costs a transaction all the same."""
_BYTES_AS_A_RECORD = 1024


def groups_of(partitions: int) -> int:
    """How many groups of customers a large body is sorted into, a multiple of the partitions.

    A chunk holds records of one group, so it has several orders of a customer where the body has them, and
    the customer is written once for all of them: each write moves its keys in three indexes.
    """
    return partitions * max(1, min(_GROUPS_A_PARTITION, _MOST_GROUPS // partitions))


class _Buffer:
    """Encoded records, and their rows, that are not cut yet."""

    __slots__ = ("records", "rows", "size")

    def __init__(self) -> None:
        self.records: list[bytes] = []
        self.rows: list[int] = []
        self.size = 0

    def add(self, encoded: bytes, row: int) -> None:
        """Take a record."""
        self.records.append(encoded)
        self.rows.append(row)
        self.size += len(encoded)

    def in_order(self) -> list[bytes]:
        """The records in the order of the body."""
        return [record for _, record in sorted(zip(self.rows, self.records, strict=True))]


class ChunkCutter:
    """Collects records by groups of customers and cuts a chunk whenever a group has enough of them, or of
    bytes. What is left at the end, all of a small body, is cut by partition."""

    def __init__(self, ingestion: Ingestion, lane: Lane) -> None:
        self._ingestion = ingestion
        self._lane = lane
        self._is_order = ingestion.kind is IngestionKind.ORDERS
        self._records = ingestion.chunk_records
        self._bytes = ingestion.chunk_bytes
        self._partitions = ingestion.partitions
        self._groups = [_Buffer() for _ in range(ingestion.groups or ingestion.partitions)]
        self._buffered = 0
        # Large records would fill the memory; then the fullest group is cut as it is.
        self._most_buffered = self._bytes * min(2 * ingestion.partitions, ingestion.partitions + 8)
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
        place = crc32(key.encode()) % len(self._groups)
        if not self._has_room(self._groups[place], encoded):
            self._cut_group(place, now)
        group = self._groups[place]
        group.add(encoded, record.row)
        self._buffered += len(encoded)
        if len(group.records) >= self._records:
            self._cut_group(place, now)
        elif self._buffered > self._most_buffered:
            fullest = max(range(len(self._groups)), key=lambda index: self._groups[index].size)
            self._cut_group(fullest, now)
        return True

    def take_cut(self) -> list[dict[str, Any]]:
        """The documents of the chunks that became full since the last call."""
        cut, self._cut = self._cut, []
        return cut

    def finish(self, now: datetime) -> list[dict[str, Any]]:
        """The documents of the last chunks too: of each partition the groups that are left, together."""
        for partition in range(self._partitions):
            left = _Buffer()
            for group in self._groups[partition :: self._partitions]:
                for encoded, row in zip(group.records, group.rows, strict=True):
                    if not self._has_room(left, encoded):
                        self._cut_buffer(left, partition, now)
                        left = _Buffer()
                    left.add(encoded, row)
            if left.records:
                self._cut_buffer(left, partition, now)
        self._groups = [_Buffer() for _ in self._groups]
        return self.take_cut()

    def _has_room(self, buffer: _Buffer, encoded: bytes) -> bool:
        if not buffer.records:
            return True
        return len(buffer.records) < self._records and buffer.size + len(encoded) <= self._bytes

    def _cut_group(self, place: int, now: datetime) -> None:
        group, self._groups[place] = self._groups[place], _Buffer()
        self._buffered -= group.size
        # A group lies whole in one partition: the number of groups is a multiple of theirs.
        self._cut_buffer(group, place % self._partitions, now)

    def _cut_buffer(self, buffer: _Buffer, partition: int, now: datetime) -> None:
        records = buffer.in_order()
        payload = joined(records)
        chunk = {
            **self._slot(payload, len(records), hashlib.sha256(payload).hexdigest(), now),
            "partition": partition,
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
