"""The doors of ingestion: records from mutations, bodies from HTTP."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import aclosing
from enum import Enum
from typing import Any

import msgspec
from msgspec import UNSET

from crm_graphql.bus.port import Bus
from crm_graphql.consents.queries import topics_by_name
from crm_graphql.core.actor import Actor, Permission
from crm_graphql.core.bodies import Body
from crm_graphql.core.clock import Clock
from crm_graphql.core.errors import Faults, LimitExceeded
from crm_graphql.core.paging import Row
from crm_graphql.core.settings import Settings
from crm_graphql.ingestion.admission import Admission
from crm_graphql.ingestion.begin import begin_ingestion, check_labels, find_begun, same_content
from crm_graphql.ingestion.checks import RowCheck, row_check
from crm_graphql.ingestion.completion import complete_if_done
from crm_graphql.ingestion.documents import Ingestion, IngestionKind, Lane
from crm_graphql.ingestion.intake import Intake
from crm_graphql.ingestion.publishing import tell_progress
from crm_graphql.ingestion.queries import with_counters
from crm_graphql.ingestion.readers.csv_rows import CsvReader
from crm_graphql.ingestion.readers.json_array import JsonArrayReader
from crm_graphql.ingestion.readers.ndjson import NdjsonReader
from crm_graphql.ingestion.readers.port import Reader
from crm_graphql.ingestion.rows import LAYOUTS, InputRow
from crm_graphql.ingestion.said import TopicName
from crm_graphql.mongo.rows import row_of

RECORDS_LIMIT = 1000
"""Records of one mutation; somebody waits for a body of no more, so it goes before bulk."""
READ_AHEAD_BYTES = 1024**2
"""So much of a body is read, unpacked, to see whether it is small."""


class BodyFormat(Enum):
    """What an HTTP body is written in."""

    CSV = "CSV"
    NDJSON = "NDJSON"
    JSON = "JSON"


_READERS: dict[BodyFormat, type[CsvReader] | type[NdjsonReader] | type[JsonArrayReader]] = {
    BodyFormat.CSV: CsvReader,
    BodyFormat.NDJSON: NdjsonReader,
    BodyFormat.JSON: JsonArrayReader,
}


async def ingest_records(
    actor: Actor,
    kind: IngestionKind,
    records: Sequence[Mapping[str, Any]],
    *,
    idempotency_key: str | None,
    source: str | None,
    settings: Settings,
    bus: Bus,
    clock: Clock,
) -> Row:
    """Take in at most 1,000 records of a mutation, each a mapping of only the fields that were given.

    Returns the ingestion with its figures once every accepted record is durable; bad ones are row errors. The
    same key with the same records gives the same ingestion back. Raises Forbidden, LimitExceeded, Conflict,
    InvalidInput, Unavailable.
    """
    actor.require(Permission.INGESTIONS_WRITE)
    faults = Faults()
    with faults.noted():
        check_labels(idempotency_key, source)
    with faults.noted():
        _check_count(records)
    faults.check()
    fields = LAYOUTS[kind].fields
    rows = [tuple(record.get(field, UNSET) for field in fields) for record in records]
    body_hash = hashlib.sha256(
        msgspec.msgpack.encode([dict(record) for record in records], order="deterministic", enc_hook=repr)
    ).hexdigest()
    await Admission(settings, Lane.INTERACTIVE).wait_for_room()
    ingestion = await begin_ingestion(
        actor, kind, idempotency_key=idempotency_key, source=source, settings=settings, clock=clock
    )
    if ingestion.sealed:
        return await _with_figures(same_content(ingestion, body_hash))
    names = {field: _camel_case(field) for field in fields}
    check, lane = await _check(ingestion, names, settings, blank_clears=True), Lane.INTERACTIVE
    async with Intake(ingestion, check, lane, settings=settings, bus=bus, clock=clock) as intake:
        await intake.take(rows)
        sealed = await intake.seal(body_hash)
    return await _end(sealed, bus=bus, clock=clock)


def _check_count(records: Sequence[object]) -> None:
    if len(records) > RECORDS_LIMIT:
        raise LimitExceeded(
            f"{len(records)} records were sent; at most {RECORDS_LIMIT} are allowed at once. Send several "
            "requests, or a file to POST /ingest.",
            path=("records",),
        )


def _content(body: AsyncIterator[bytes], settings: Settings, *, gzip: bool) -> Body:
    limit, seconds = settings.ingest_body_limit_bytes, settings.ingest_read_seconds
    return Body(body, gzip=gzip, limit_bytes=limit, piece_seconds=seconds)


async def ingest_stream(
    actor: Actor,
    kind: IngestionKind,
    body: AsyncIterator[bytes],
    *,
    format: BodyFormat,
    gzip: bool,
    idempotency_key: str | None,
    source: str | None,
    settings: Settings,
    bus: Bus,
    clock: Clock,
) -> Row:
    """Take in a body as it comes, in constant memory.

    Returns the ingestion with its figures once every accepted record is durable; bad rows are row errors. A
    body that breaks off can be sent again under its key: what is stored is left alone. Raises InvalidInput,
    which says where, Forbidden, LimitExceeded, Conflict, Unavailable; TimeoutError for one that is too slow.
    """
    actor.require(Permission.INGESTIONS_WRITE)
    check_labels(idempotency_key, source)
    content = _content(body, settings, gzip=gzip)
    begun = await find_begun(actor, kind, idempotency_key)
    if begun is not None and begun.sealed:
        await content.drain()
        return await _with_figures(same_content(begun, content.hash))
    reader: Reader = _READERS[format](kind)
    async with aclosing(content.pieces()) as pieces:
        # The beginning is read before an ingestion is begun: a file with a wrong header leaves no trace.
        rows, piece, lane = await _read_beginning(reader, pieces)
        await Admission(settings, lane).wait_for_room()
        ingestion = await begin_ingestion(
            actor, kind, idempotency_key=idempotency_key, source=source, settings=settings, clock=clock
        )
        blank_clears = format is not BodyFormat.CSV
        check = await _check(ingestion, reader.names, settings, blank_clears=blank_clears)
        async with Intake(ingestion, check, lane, settings=settings, bus=bus, clock=clock) as intake:
            await intake.take(rows)
            await _take_rest(intake, reader, piece, pieces)
            sealed = await intake.seal(content.hash)
    return await _end(sealed, bus=bus, clock=clock)


async def _read_beginning(
    reader: Reader, pieces: AsyncIterator[bytes]
) -> tuple[list[InputRow], bytes | None, Lane]:
    """The first rows, and the piece that follows them; None with all rows of a body that has ended. And the
    body's lane.

    It reads until there is a row, and on while the body may turn out to be small.
    """
    rows: list[InputRow] = []
    size = 0
    piece = await anext(pieces, None)
    while piece is not None and (not rows or (len(rows) <= RECORDS_LIMIT and size < READ_AHEAD_BYTES)):
        rows += reader.feed(piece)
        size += len(piece)
        piece = await anext(pieces, None)
    if piece is None:
        rows += reader.finish()
    is_small = piece is None and len(rows) <= RECORDS_LIMIT
    return rows, piece, Lane.INTERACTIVE if is_small else Lane.BULK


async def _take_rest(
    intake: Intake, reader: Reader, piece: bytes | None, pieces: AsyncIterator[bytes]
) -> None:
    if piece is None:
        return
    await intake.take(reader.feed(piece))
    async for further in pieces:
        await intake.take(reader.feed(further))
    await intake.take(reader.finish())


async def _end(sealed: Ingestion, *, bus: Bus, clock: Clock) -> Row:
    """The consumers may have been faster than the seal: then the ingestion is complete already."""
    assert sealed.id is not None
    await tell_progress(sealed.id, bus, at_once=True)
    completed = await complete_if_done(sealed.id, bus=bus, clock=clock)
    return completed if completed is not None else await _with_figures(sealed)


async def _with_figures(ingestion: Ingestion) -> Row:
    (row,) = await with_counters([row_of(ingestion)])
    return row


async def _check(
    ingestion: Ingestion, names: Mapping[str, str], settings: Settings, *, blank_clears: bool
) -> RowCheck:
    return row_check(
        ingestion.kind,
        names,
        begun_at=ingestion.created_at,
        currency=settings.currency,
        default_country=settings.country or None,
        topics={
            name: TopicName(str(topic["_id"]), topic["slug"])
            for name, topic in (await topics_by_name()).items()
        },
        blank_clears=blank_clears,
    )


def _camel_case(field: str) -> str:
    first, *more = field.split("_")
    return first + "".join(part.title() for part in more)
