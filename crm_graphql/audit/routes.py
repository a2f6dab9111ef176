"""GET /audit/export: the audit as a file, streamed."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import AsyncIterator, Mapping
from datetime import datetime
from typing import Any

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from crm_graphql.audit.queries import AuditFilter, export_events
from crm_graphql.core.actor import Permission
from crm_graphql.core.errors import DomainError, InvalidInput
from crm_graphql.core.ids import encode_id
from crm_graphql.core.paging import Row
from crm_graphql.core.times import format_moment, parse_moment
from crm_graphql.http.doors import authenticate, refusal

COLUMNS = (
    *("id", "at", "actor", "actorId", "action", "subjectId"),
    *("succeeded", "code", "ipAddress", "requestId"),
)
_TYPES = {"csv": "text/csv; charset=utf-8", "ndjson": "application/x-ndjson"}
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_LINES_AT_ONCE = 500


async def export(request: Request) -> Response:
    """All events that match, oldest first: `?format=csv|ndjson&from=&until=&actorId=&action=&subjectId=`."""
    try:
        actor = await authenticate(request)
        actor.require(Permission.AUDIT_READ)
        kind = request.query_params.get("format", "csv")
        if kind not in _TYPES:
            raise InvalidInput("The format is csv or ndjson.", path=("format",))
        wanted = _filter(request)
    except DomainError as error:
        return refusal(error)
    headers = {"content-disposition": f'attachment; filename="audit.{kind}"', "cache-control": "no-store"}
    events = export_events(actor, wanted)
    body = _csv(events) if kind == "csv" else _ndjson(events)
    return StreamingResponse(body, media_type=_TYPES[kind], headers=headers)


def _filter(request: Request) -> AuditFilter:
    given = request.query_params
    return AuditFilter(
        given.get("actorId"),
        given.get("action"),
        given.get("subjectId"),
        _moment(given, "from"),
        _moment(given, "until"),
    )


def _moment(given: Mapping[str, str], name: str) -> datetime | None:
    if name not in given:
        return None
    try:
        return parse_moment(given[name])
    except ValueError as error:
        raise InvalidInput(f"{name} {error}.", path=(name,)) from None


def _values(row: Row) -> dict[str, Any]:
    return {
        "id": encode_id("AuditEvent", row["_id"]),
        "at": format_moment(row["at"]),
        "actor": row["actor"],
        "actorId": row.get("actor_id"),
        "action": row["action"],
        "subjectId": row.get("subject_id"),
        "succeeded": row["succeeded"],
        "code": row.get("code"),
        "ipAddress": row.get("ip_address"),
        "requestId": row.get("request_id"),
    }


async def _csv(events: AsyncIterator[Row]) -> AsyncIterator[str]:
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(COLUMNS)
    number = 0
    async for row in events:
        writer.writerow([_cell(value) for value in _values(row).values()])
        number += 1
        if number % _LINES_AT_ONCE == 0:
            yield out.getvalue()
            out.seek(0)
            out.truncate()
    yield out.getvalue()


async def _ndjson(events: AsyncIterator[Row]) -> AsyncIterator[str]:
    lines: list[str] = []
    async for row in events:
        lines.append(json.dumps(_values(row), ensure_ascii=False) + "\n")
        if len(lines) == _LINES_AT_ONCE:
            yield "".join(lines)
            lines.clear()
    yield "".join(lines)


def _cell(value: object) -> str:
    """The cell; what a spreadsheet would take for a formula is kept from being one."""
    text = "" if value is None else str(value).lower() if isinstance(value, bool) else str(value)
    return f"'{text}" if text.startswith(_FORMULA) else text


routes = [Route("/audit/export", export, methods=["GET"])]
