"""Preview of a file: what it is, which column would go where, its first rows as records. Stores nothing."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import aclosing
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import msgspec
from msgspec import UNSET

from crm_graphql.core.actor import Actor, Permission
from crm_graphql.core.bodies import Body
from crm_graphql.core.clock import Clock
from crm_graphql.core.errors import InvalidInput
from crm_graphql.core.settings import Settings
from crm_graphql.core.times import format_moment
from crm_graphql.imports.kinds import IngestionKind
from crm_graphql.imports.plans import Plan, PlannedRows
from crm_graphql.imports.reading import BEGINNING_BYTES, FileReading
from crm_graphql.imports.rows import LAYOUTS, Incomplete, RowProblem, Values
from crm_graphql.imports.tables import FileForm
from crm_graphql.ingestion.checks import RowCheck
from crm_graphql.ingestion.file_rows import custom_fields_of, file_check, request_for, unpacked
from crm_graphql.ingestion.file_words import TopicNeeded
from crm_graphql.ingestion.origin import Counted, FileOrigin
from crm_graphql.ingestion.payloads import Record
from crm_graphql.ingestion.stored_plans import Upload
from crm_graphql.ingestion.topics import Topics

RECORDS_SHOWN = 20
ERRORS_SHOWN = 100
WORKBOOK_BYTES = 32 * 1024**2
"""The index of a workbook stands at its end: of one, so much is read."""
_ZIP_MAGIC = b"PK\x03\x04"
_ABOUT_A_MEGABYTE = 1_000_000
"""A sender who cuts a file cuts it here or later; a smaller one is whole."""


@dataclass(slots=True)
class Preview:
    """What became of the first rows, which are `records` by the names of files. `refusal` says why the file
    would not be taken as it is, where no question does."""

    form: FileForm
    plan: Plan
    records: list[dict[str, Any]] = field(default_factory=list)
    errors: list[dict[str, Any]] = field(default_factory=list)
    refusal: str | None = None


async def preview_file(
    actor: Actor,
    kind: IngestionKind,
    body: AsyncIterator[bytes],
    *,
    upload: Upload,
    gzip: bool,
    settings: Settings,
    clock: Clock,
) -> Preview:
    """Look at a file by its beginning, also one that would be refused: what an option must say, and what is
    missing, is told.

    Requires INGESTIONS_WRITE. Raises InvalidInput for what is no file of rows at all, and for a mapping that
    cannot be; NotFound, LimitExceeded, TimeoutError.
    """
    actor.require(Permission.INGESTIONS_WRITE)
    request = await request_for(upload, kind)
    content = unpacked(body, settings, gzip=gzip)
    reading = await FileReading.begin(kind, upload.hints, _first(content), cut_from=_ABOUT_A_MEGABYTE)
    plan = reading.make_plan(
        request,
        country=settings.country or None,
        currency=settings.currency,
        custom=await custom_fields_of(kind),
    )
    preview = Preview(reading.form, plan)
    try:
        plan.require_readable()
    except InvalidInput as error:
        preview.refusal = str(error)
    if not plan.questions:
        topics = await Topics.read(actor, clock, makes=False)
        check = _with_topics(file_check(reading, topics, clock.now(), settings), topics)
        _look(preview, reading, check)
    return preview


async def _first(content: Body) -> AsyncIterator[bytes]:
    """The beginning of the body; a workbook as a whole. What is cut off there is no fault."""
    size, most = 0, BEGINNING_BYTES + 1
    async with aclosing(content.pieces()) as pieces:
        try:
            async for piece in pieces:
                if size == 0 and piece.startswith(_ZIP_MAGIC):
                    most = WORKBOOK_BYTES
                size += len(piece)
                yield piece
                if size >= most:
                    return
        except InvalidInput:
            # The end of what was packed is missing.
            if size == 0:
                raise


def _with_topics(check: RowCheck, topics: Topics) -> RowCheck:
    """The check, for rows of which nothing will be stored: topics that they need are thought to be there."""

    def checked(row: int, values: Values) -> Record | Incomplete | RowProblem:
        while True:
            try:
                return check(row, values)
            except TopicNeeded as needed:
                topics.suppose(needed.name)

    return checked


def _look(preview: Preview, reading: FileReading, check: RowCheck) -> None:
    origin = FileOrigin(reading, Counted(_nothing()))
    number = 0
    try:
        for planned in reading.first_rows():
            for index, row in enumerate(planned.rows):
                if number < RECORDS_SHOWN and not isinstance(row, RowProblem):
                    preview.records.append(_record(reading.kind, row))
                problem = _problem(check, number, row)
                if problem is not None and len(preview.errors) < ERRORS_SHOWN:
                    preview.errors.append(_error(number, planned, index, problem, origin))
                number += 1
    except InvalidInput as error:
        preview.refusal = preview.refusal or str(error)


async def _nothing() -> AsyncIterator[bytes]:
    return
    yield b""


def _problem(check: RowCheck, number: int, row: Values | RowProblem) -> RowProblem | None:
    found = row if isinstance(row, RowProblem) else check(number, row)
    if isinstance(found, Incomplete):
        return found.problem
    return found if isinstance(found, RowProblem) else None


def _error(
    number: int, planned: PlannedRows, index: int, problem: RowProblem, origin: FileOrigin
) -> dict[str, Any]:
    return {
        "row": number,
        "line": planned.lines[index],
        "column": origin.column_of(problem.field),
        "externalId": problem.external_id,
        "field": problem.field,
        "value": problem.value,
        "code": problem.code.value,
        "message": problem.message,
    }


def _record(kind: IngestionKind, values: Values) -> dict[str, Any]:
    """The fields that the row gives, by their names in files."""
    keys = LAYOUTS[kind].keys
    return {
        key: _shown(value)
        for key, value in zip(keys, values, strict=True)
        if value is not UNSET and value != ""
    }


def _shown(value: Any) -> Any:
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, datetime):
        return format_moment(value) if value.tzinfo is not None else value.isoformat()
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Mapping):
        return {str(name): _shown(part) for name, part in value.items()}
    if isinstance(value, list | tuple):
        return [_shown(part) for part in value]
    return msgspec.to_builtins(value, enc_hook=str)
