"""Payloads of chunks and dead letters: encoded records, also those that this process cannot decode."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from crm_graphql.consents.records import SuppressionRecord
from crm_graphql.customers.records import CustomerRecord
from crm_graphql.imports.kinds import IngestionKind
from crm_graphql.orders.records import OrderRecord

Record = OrderRecord | CustomerRecord | SuppressionRecord

_RECORDS_OF_A_CHUNK = 10_000
_encode = msgspec.msgpack.Encoder().encode
_split = msgspec.msgpack.Decoder(list[msgspec.Raw]).decode
_any = msgspec.msgpack.Decoder(list[Any]).decode
_decoders: dict[IngestionKind, msgspec.msgpack.Decoder[Any]] = {
    IngestionKind.ORDERS: msgspec.msgpack.Decoder(list[OrderRecord]),
    IngestionKind.CUSTOMERS: msgspec.msgpack.Decoder(list[CustomerRecord]),
    IngestionKind.SUPPRESSIONS: msgspec.msgpack.Decoder(list[SuppressionRecord]),
}


class Undecodable(Exception):
    """Records that were accepted cannot be decoded, here and now."""


@dataclass(frozen=True, slots=True)
class Spoilt:
    """Stands for records that cannot be decoded: one, or all of a chunk that cannot even be taken apart.

    `row` is negative where it cannot be made out.
    """

    row: int
    payload: bytes
    reason: str
    count: int = 1
    external_id: None = None


def encode_record(record: Record) -> bytes:
    """One record, for `joined`."""
    return _encode(record)


def joined(records: Sequence[bytes]) -> bytes:
    """The payload that holds these encoded records: what encoding the list of them makes."""
    count = len(records)
    if count < 16:
        head = bytes([0x90 | count])
    elif count < 1 << 16:
        head = struct.pack(">BH", 0xDC, count)
    else:
        head = struct.pack(">BI", 0xDD, count)
    return head + b"".join(records)


def payload_of(record: Record | Spoilt) -> bytes:
    """The payload of a dead letter."""
    return record.payload if isinstance(record, Spoilt) else _encode([record])


def decode_records(kind: IngestionKind, payload: bytes) -> list[Any]:
    """The records in a payload, all of its kind. Raises Undecodable."""
    try:
        records: list[Any] = _decoders[kind].decode(payload)
    except msgspec.MsgspecError as error:
        raise Undecodable(f"It cannot be decoded: {error}.") from None
    return records


def decode_chunk(kind: IngestionKind, payload: bytes, *, number: int, count: int, done: int) -> list[Any]:
    """The records of chunk `number`, a Spoilt in the place of each that cannot be decoded.

    Where the payload cannot be taken apart into its `count` records, one Spoilt stands for all behind the
    first `done`, which are dealt with already.
    """
    try:
        return decode_records(kind, payload)
    except Undecodable as error:
        reason = str(error)
    # Negative, and no other row of the ingestion has it.
    unknown = -1 - number * _RECORDS_OF_A_CHUNK
    try:
        raws = [bytes(raw) for raw in _split(payload)]
    except msgspec.MsgspecError:
        raws = []
    if len(raws) != count:
        return [None] * done + [Spoilt(unknown, payload, reason, count - done)]
    return [_decoded(kind, joined([raw]), unknown - index) for index, raw in enumerate(raws)]


def _decoded(kind: IngestionKind, payload: bytes, unknown: int) -> Any:
    try:
        return decode_records(kind, payload)[0]
    except Undecodable as error:
        return Spoilt(_row_in(payload, unknown), payload, str(error))


def _row_in(payload: bytes, unknown: int) -> int:
    """The row that an undecodable record names, all the same."""
    try:
        row = _any(payload)[0][0]
    except (msgspec.MsgspecError, LookupError, TypeError):
        return unknown
    return row if type(row) is int and row >= 0 else unknown
