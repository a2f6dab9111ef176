"""Cutting accepted records into chunks, the same way from the same bytes."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from zlib import crc32

import msgspec
from bson import ObjectId

from crm_graphql.customers.records import CustomerRecord
from crm_graphql.ingestion.checks import Record
from crm_graphql.ingestion.documents import ChunkState, Ingestion, IngestionKind
from crm_graphql.orders.records import OrderRecord

_encode = msgspec.msgpack.Encoder().encode
_decoders: dict[IngestionKind, msgspec.msgpack.Decoder[Any]] = {
    IngestionKind.ORDERS: msgspec.msgpack.Decoder(list[OrderRecord]),
    IngestionKind.CUSTOMERS: msgspec.msgpack.Decoder(list[CustomerRecord]),
}


def encode_records(records: Sequence[Record]) -> bytes:
    """The payload of a chunk, or of a dead letter (one record)."""
    return _encode(records)


def decode_records(kind: IngestionKind, payload: bytes) -> list[Any]:
    """The records in a payload: all OrderRecord or all CustomerRecord."""
    records: list[Any] = _decoders[kind].decode(payload)
    return records


class ChunkCutter:
    """Collects records by partition and cuts a chunk whenever a partition has enough of them."""

    def __init__(self, ingestion: Ingestion) -> None:
        self._ingestion = ingestion
        self._size = ingestion.chunk_records
        self._buffers: list[list[Record]] = [[] for _ in range(ingestion.partitions)]
        self.count = 0
        """Chunks cut so far."""

    def add_all(self, records: Sequence[Record], now: datetime) -> list[dict[str, Any]]:
        """Take `records` and return the documents of the chunks that became full."""
        buffers, count, size = self._buffers, len(self._buffers), self._size
        is_order = self._ingestion.kind is IngestionKind.ORDERS
        cut: list[dict[str, Any]] = []
        for record in records:
            key = record.customer_external_id if is_order else record.external_id  # type: ignore[union-attr]
            # Stable over processes, machines and releases: a retry must cut the same chunks.
            place = crc32(key.encode()) % count
            buffer = buffers[place]
            buffer.append(record)
            if len(buffer) >= size:
                cut.append(self._cut(place, now))
        return cut

    def finish(self, now: datetime) -> list[dict[str, Any]]:
        """The documents of the last, smaller chunks."""
        return [self._cut(place, now) for place, buffer in enumerate(self._buffers) if buffer]

    def _cut(self, place: int, now: datetime) -> dict[str, Any]:
        records = self._buffers[place]
        self._buffers[place] = []
        payload = encode_records(records)
        number = self.count
        self.count += 1
        return {
            "_id": ObjectId(),
            "ingestion_id": self._ingestion.id,
            "ingestion_number": self._ingestion.number,
            "number": number,
            "kind": self._ingestion.kind.value,
            "partition": place,
            "payload": payload,
            "payload_hash": hashlib.sha256(payload).hexdigest(),
            "record_count": len(records),
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
