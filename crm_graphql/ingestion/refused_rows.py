"""Refused rows as a file to be mended and sent again: its signed address, and the file itself."""

from __future__ import annotations

import csv
import io
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any

import msgspec
from bson import ObjectId

from crm_graphql.accounts.signed_links import check_signed, signed_query
from crm_graphql.core.actor import Actor, Permission
from crm_graphql.core.clock import Clock
from crm_graphql.core.errors import NotFound
from crm_graphql.core.paging import Row
from crm_graphql.core.settings import Settings
from crm_graphql.imports.mended import ERROR_COLUMNS, defused
from crm_graphql.imports.tables import FileFormat
from crm_graphql.ingestion.documents import Ingestion, RefusedRow

ROWS_AT_ONCE = 500
_PURPOSE = "refused rows"
_JSON = (FileFormat.JSON.value, FileFormat.NDJSON.value)
_decode = msgspec.json.decode


def refused_rows_url(actor: Actor, ingestion: Row, *, settings: Settings, clock: Clock) -> str | None:
    """Where the ingestion's refused rows lie for the next 15 minutes; None where there are none (any more),
    and for callers without INGESTIONS_WRITE, who need not know. The caller may see the ingestion."""
    until, now = ingestion.get("refused_until"), clock.now()
    if not actor.may(Permission.INGESTIONS_WRITE) or until is None or until <= now:
        return None
    key = str(ingestion["_id"])
    query = signed_query(_PURPOSE, key, settings=settings, clock=clock)
    return f"{settings.public_url.rstrip('/')}/ingest/refused/{key}?{query}"


async def find_refused(key: str, query: Mapping[str, str], *, settings: Settings, clock: Clock) -> Row:
    """The ingestion that a signed address leads to. Raises Forbidden for one that is not ours, or too old;
    NotFound for one that is forgotten."""
    check_signed(_PURPOSE, key, query, ask_again="rowErrorsUrl", settings=settings, clock=clock)
    row: Row | None = await Ingestion.get_pymongo_collection().find_one({"_id": ObjectId(key)})
    if row is None or row.get("refused_until") is None or row["refused_until"] <= clock.now():
        raise NotFound("The refused rows of this ingestion are not kept any more.")
    return row


def is_json(ingestion: Row) -> bool:
    """Whether the file comes as NDJSON, because the body was JSON."""
    return (ingestion.get("plan") or {}).get("format") in _JSON


async def refused_file(ingestion: Row) -> AsyncIterator[bytes]:
    """The refused rows in their order, each as it came and with what is wrong with it, in bounded memory."""
    rows = RefusedRow.get_pymongo_collection().find(
        {"ingestion_id": ingestion["_id"]}, sort=[("row", 1)], batch_size=ROWS_AT_ONCE
    )
    if is_json(ingestion):
        async for row in rows:
            yield _as_line(row)
        return
    columns = [column["column"] for column in (ingestion.get("plan") or {}).get("columns", [])]
    kept = [index for index, column in enumerate(columns) if column not in ERROR_COLUMNS]
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow([*(defused(columns[index]) for index in kept), *ERROR_COLUMNS])
    number = 0
    async for row in rows:
        writer.writerow(_as_cells(row, kept))
        number += 1
        if number % ROWS_AT_ONCE == 0 or out.tell() > 2**20:
            yield out.getvalue().encode()
            out.seek(0)
            out.truncate()
    yield out.getvalue().encode()


def _as_cells(row: Mapping[str, Any], kept: Sequence[int]) -> list[str]:
    cells: list[str] = [] if row["cells"] is None else _decode(row["cells"])
    own = [defused(cells[index]) if index < len(cells) else "" for index in kept]
    return [*own, defused(row["error"]), defused(row["error_column"] or "")]


def _as_line(row: Mapping[str, Any]) -> bytes:
    own: dict[str, Any] = {}
    if row["cells"] is not None:
        own = msgspec.json.decode(row["cells"], type=dict[str, msgspec.Raw])
    told = dict(zip(ERROR_COLUMNS, (row["error"], row["error_column"]), strict=True))
    return msgspec.json.encode({**own, **told}) + b"\n"
