"""POST /ingest/customers, /ingest/orders and /ingest/suppressions: bodies of any size, streamed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable
from typing import Any

from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from structlog import get_logger

from crm_graphql.audit.service import record
from crm_graphql.core.actor import Actor
from crm_graphql.core.bodies import promises_more
from crm_graphql.core.errors import DomainError, InvalidInput, LimitExceeded, Unavailable
from crm_graphql.core.ids import encode_id
from crm_graphql.core.paging import Row
from crm_graphql.core.times import format_moment
from crm_graphql.http.doors import authenticate, refusal
from crm_graphql.ingestion.documents import IngestionKind
from crm_graphql.ingestion.queries import FIGURES
from crm_graphql.ingestion.service import BodyFormat, ingest_stream
from crm_graphql.mongo.transient import is_transient

DRAIN_BYTES = 64 * 1024 * 1024
DRAIN_SECONDS = 5.0
"""How much of a refused body is still read, so that its sender gets to the answer."""

_FORMATS = {
    "text/csv": BodyFormat.CSV,
    "application/csv": BodyFormat.CSV,
    "application/x-ndjson": BodyFormat.NDJSON,
    "application/ndjson": BodyFormat.NDJSON,
    "application/jsonl": BodyFormat.NDJSON,
    "application/json": BodyFormat.JSON,
}
_TOO_SLOW = (
    "The body came too slowly (CRM_INGEST_READ_SECONDS). Send it again; the same idempotency key goes on."
)
_log = get_logger(__name__)


class _Unsupported(DomainError):
    """The body is in a form that no door takes."""


async def ingest_customers(request: Request) -> Response:
    """Take in customers."""
    return await _ingest(request, IngestionKind.CUSTOMERS)


async def ingest_orders(request: Request) -> Response:
    """Take in orders."""
    return await _ingest(request, IngestionKind.ORDERS)


async def ingest_suppressions(request: Request) -> Response:
    """Take in addresses that must not be written to."""
    return await _ingest(request, IngestionKind.SUPPRESSIONS)


async def _ingest(request: Request, kind: IngestionKind) -> Response:
    """Answers 202 with the ingestion once every good record is durable, or with what is wrong."""
    stream = request.stream()
    try:
        actor = await authenticate(request)
        ingestion = await _recorded(request, kind, actor, _take(request, kind, actor, stream))
        return JSONResponse(_answer(ingestion), status_code=202)
    except ClientDisconnect:
        return Response(status_code=400)
    except DomainError as error:
        await _drain(stream)
        return refusal(error, status=415 if isinstance(error, _Unsupported) else None)
    except TimeoutError:
        return refusal(InvalidInput(_TOO_SLOW), status=408)
    except Exception as error:
        if not is_transient(error):
            raise
        _log.warning("body not taken, the database is away", reason=str(error))
        await _drain(stream)
        away = "The database is away. Send this again later, with the same idempotency key to go on."
        return refusal(Unavailable(away))


async def _recorded(request: Request, kind: IngestionKind, actor: Actor, taking: Awaitable[Row]) -> Row:
    """What `taking` gives, with its outcome in the audit, as that of a mutation."""
    taken: Row | None = None
    code: str | None = "INTERNAL"
    try:
        taken = await taking
        code = None
        return taken
    except DomainError as error:
        code = error.code.value
        raise
    finally:
        resources = request.app.state.resources
        await record(
            actor,
            f"ingest{kind.value.capitalize()}",
            subject_id=encode_id("Ingestion", taken["_id"]) if taken else None,
            succeeded=code is None,
            code=code,
            ip_address=request.client.host if request.client else None,
            settings=resources.settings,
            clock=resources.clock,
        )


async def _take(request: Request, kind: IngestionKind, actor: Actor, stream: AsyncIterator[bytes]) -> Row:
    resources = request.app.state.resources
    body_format, gzip = _format(request)
    limit = resources.settings.ingest_body_limit_bytes
    if promises_more(request.headers.get("content-length"), limit):
        raise LimitExceeded(f"The body is larger than {limit} bytes. Split it.")
    return await ingest_stream(
        actor,
        kind,
        stream,
        format=body_format,
        gzip=gzip,
        idempotency_key=request.headers.get("idempotency-key"),
        source=request.query_params.get("source"),
        settings=resources.settings,
        bus=resources.bus,
        clock=resources.clock,
    )


def _format(request: Request) -> tuple[BodyFormat, bool]:
    """The body's format, and whether it is said to be gzip. Raises _Unsupported."""
    content_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    body_format = _FORMATS.get(content_type)
    if body_format is None:
        raise _Unsupported(
            f'Content-Type "{content_type[:100]}" is not taken. Send text/csv, application/x-ndjson or '
            "application/json."
        )
    encoding = request.headers.get("content-encoding", "identity").strip().lower()
    if encoding not in ("identity", "gzip", "x-gzip", ""):
        raise _Unsupported(f'Content-Encoding "{encoding[:100]}" is not taken. Send gzip, or none.')
    return body_format, encoding.endswith("gzip")


def _answer(ingestion: Row) -> dict[str, Any]:
    completed = ingestion["completed_at"]
    return {
        "id": encode_id("Ingestion", ingestion["_id"]),
        "kind": ingestion["kind"],
        "status": ingestion["status"],
        "failureReason": ingestion["failure_reason"],
        "source": ingestion["source"],
        "received": ingestion["received"],
        "accepted": ingestion["received"] - ingestion["rejected"],
        "rejected": ingestion["rejected"],
        "incomplete": ingestion["incomplete"],
        **{name: ingestion["counters"][name] for name in FIGURES},
        "createdAt": format_moment(ingestion["created_at"]),
        "completedAt": format_moment(completed) if completed else None,
    }


async def _drain(stream: AsyncIterator[bytes]) -> None:
    """Read on for a while: a sender that is cut off in the middle never sees why."""
    size = 0
    try:
        async with asyncio.timeout(DRAIN_SECONDS):
            async for piece in stream:
                size += len(piece)
                if size > DRAIN_BYTES:
                    return
    except (TimeoutError, ClientDisconnect, RuntimeError):
        return


routes = [
    Route("/ingest/customers", ingest_customers, methods=["POST"]),
    Route("/ingest/orders", ingest_orders, methods=["POST"]),
    Route("/ingest/suppressions", ingest_suppressions, methods=["POST"]),
]
