"""The doors of ingestion: records from mutations, bodies from HTTP."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import aclosing
from dataclasses import replace
from typing import Any

import msgspec
from msgspec import UNSET

from crm_graphql.bus.port import Bus
from crm_graphql.core.actor import Actor, Permission
from crm_graphql.core.clock import Clock
from crm_graphql.core.errors import Faults, LimitExceeded
from crm_graphql.core.paging import Row
from crm_graphql.core.settings import Settings
from crm_graphql.custom_fields.definitions import Definitions
from crm_graphql.imports.kinds import IngestionKind
from crm_graphql.imports.plans import ImportRequest
from crm_graphql.imports.reading import FileReading
from crm_graphql.imports.rows import LAYOUTS
from crm_graphql.ingestion.admission import Admission
from crm_graphql.ingestion.begin import Begun, begin_ingestion, check_labels, find_begun, same_content
from crm_graphql.ingestion.completion import complete_if_done
from crm_graphql.ingestion.documents import Ingestion
from crm_graphql.ingestion.dry_run import DryRun
from crm_graphql.ingestion.file_rows import (
    custom_fields_of,
    file_check,
    records_check,
    request_for,
    unpacked,
)
from crm_graphql.ingestion.intake import Intake
from crm_graphql.ingestion.origin import Counted, FileOrigin
from crm_graphql.ingestion.publishing import tell_progress
from crm_graphql.ingestion.queries import with_counters
from crm_graphql.ingestion.states import Lane
from crm_graphql.ingestion.stored_plans import Upload, is_same_plan, request_of, stored_plan
from crm_graphql.ingestion.topics import Topics
from crm_graphql.mongo.rows import row_of

RECORDS_LIMIT = 1000
"""Records of one mutation; somebody waits for a body of no more, so it goes before bulk."""


_PLAIN = Upload()


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
    admission = Admission(settings, Lane.INTERACTIVE)
    await admission.wait_for_room()
    ingestion = await begin_ingestion(
        actor, kind, idempotency_key=idempotency_key, source=source, settings=settings
    )
    if ingestion.sealed:
        return await _with_figures(same_content(ingestion, body_hash))
    names = {field: _camel_case(field) for field in fields}
    topics = await Topics.read(actor, clock)
    custom = await custom_fields_of(kind)
    check = records_check(kind, names, topics, ingestion.created_at, settings, custom)
    async with Intake(
        ingestion, check, admission, topics=topics, settings=settings, bus=bus, clock=clock
    ) as intake:
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


async def ingest_stream(
    actor: Actor,
    kind: IngestionKind,
    body: AsyncIterator[bytes],
    *,
    upload: Upload = _PLAIN,
    gzip: bool = False,
    idempotency_key: str | None,
    source: str | None,
    settings: Settings,
    bus: Bus,
    clock: Clock,
) -> Row:
    """Take in a file as it comes, whatever it is written in, in constant memory; of a dry run, only tell what
    would become of it.

    Returns the ingestion with its figures once every accepted record is durable; bad rows are row errors. A
    body that breaks off can be sent again under its key: it goes on, by the plan that was made first. Raises
    InvalidInput, which says where, Forbidden, LimitExceeded, Unavailable, Conflict, also for other options
    under the same key; TimeoutError for a body that is too slow.
    """
    actor.require(Permission.INGESTIONS_WRITE)
    check_labels(idempotency_key, source)
    came = Counted(body)
    content = unpacked(came, settings, gzip=gzip)
    begins = Begun(upload.hash(kind), upload.is_dry_run)
    begun = await find_begun(actor, kind, idempotency_key, begins)
    if begun is not None and begun.sealed:
        await content.drain()
        return await _with_figures(same_content(begun, content.hash))
    request = await request_for(upload, kind, begun)
    async with aclosing(content.pieces()) as pieces:
        # The beginning is read before an ingestion is begun: a file with a wrong header leaves no trace.
        reading = await FileReading.begin(kind, upload.hints, pieces)
        _plan(reading, request, settings, await custom_fields_of(kind))
        admission = Admission(settings, _lane(reading))
        if not upload.is_dry_run:
            await admission.wait_for_room()
        begins = replace(begins, plan=stored_plan(reading.plan, reading.form))
        labels = {"idempotency_key": idempotency_key, "source": source}
        ingestion = await begin_ingestion(actor, kind, settings=settings, begins=begins, **labels)
        _keep_to(ingestion, reading, begins, settings)
        topics = await Topics.read(actor, clock, makes=not ingestion.is_dry_run)
        origin = FileOrigin(reading, came)
        async with _intake(ingestion, origin, topics, admission, settings=settings, bus=bus) as intake:
            await _take_file(intake, reading, pieces)
            sealed = await intake.seal(content.hash)
    return await _end(sealed, bus=bus, clock=clock)


def _intake(
    ingestion: Ingestion,
    origin: FileOrigin,
    topics: Topics,
    admission: Admission,
    *,
    settings: Settings,
    bus: Bus,
) -> Intake:
    """Where the file's rows go."""
    check = file_check(origin.reading, topics, ingestion.created_at, settings)
    of = DryRun if ingestion.is_dry_run else Intake
    return of(
        *(ingestion, check, admission),
        topics=topics,
        settings=settings,
        bus=bus,
        clock=topics.clock,
        origin=origin,
    )


def _plan(reading: FileReading, request: ImportRequest, settings: Settings, custom: Definitions) -> None:
    """Plan how the file is read. Raises InvalidInput where no row of it could be."""
    plan = reading.make_plan(
        request, country=settings.country or None, currency=settings.currency, custom=custom
    )
    plan.require_readable()


def _keep_to(ingestion: Ingestion, reading: FileReading, begins: Begun, settings: Settings) -> None:
    """Read the file by the plan with which its ingestion began, where this try has come to another one."""
    if (
        ingestion.plan is not None
        and begins.plan is not None
        and not is_same_plan(ingestion.plan, begins.plan)
    ):
        _plan(reading, request_of(ingestion.plan), settings, reading.custom)


def _lane(reading: FileReading) -> Lane:
    is_small = reading.is_whole and reading.rows_held <= RECORDS_LIMIT
    return Lane.INTERACTIVE if is_small else Lane.BULK


async def _take_file(intake: Intake, reading: FileReading, pieces: AsyncIterator[bytes]) -> None:
    """Take the rows of the beginning, and those of what follows."""
    for planned in reading.first_rows():
        await intake.take_planned(planned)
    piece = reading.next_piece
    if piece is None:
        return
    while piece is not None:
        for planned in reading.feed(piece):
            await intake.take_planned(planned)
        piece = await anext(pieces, None)
    for planned in reading.finish():
        await intake.take_planned(planned)


async def _end(sealed: Ingestion, *, bus: Bus, clock: Clock) -> Row:
    """The consumers may have been faster than the seal: then the ingestion is complete already."""
    assert sealed.id is not None
    await tell_progress(sealed.id, bus, at_once=True)
    completed = await complete_if_done(sealed.id, bus=bus, clock=clock)
    return completed if completed is not None else await _with_figures(sealed)


async def _with_figures(ingestion: Ingestion) -> Row:
    (row,) = await with_counters([row_of(ingestion)])
    return row


def _camel_case(field: str) -> str:
    first, *more = field.split("_")
    return first + "".join(part.title() for part in more)
