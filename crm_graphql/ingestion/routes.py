"""POST /ingest/{customers,orders,suppressions}: files of any size, streamed; their preview; refused rows."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from functools import partial
from typing import NamedTuple

from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route
from structlog import get_logger

from crm_graphql.audit.service import record
from crm_graphql.core.actor import Actor
from crm_graphql.core.bodies import promises_more
from crm_graphql.core.errors import DomainError, InvalidInput, LimitExceeded, Unavailable
from crm_graphql.core.forms import is_form
from crm_graphql.core.ids import encode_id
from crm_graphql.core.paging import Row
from crm_graphql.http.doors import authenticate, refusal
from crm_graphql.http.draining import drain
from crm_graphql.imports.asked import Asked, read_options
from crm_graphql.imports.kinds import IngestionKind
from crm_graphql.imports.tables import FileHints
from crm_graphql.ingestion.answers import ingestion_answer, preview_answer
from crm_graphql.ingestion.forms import Form
from crm_graphql.ingestion.preview import preview_file
from crm_graphql.ingestion.refused_rows import find_refused, is_json, refused_file, refused_rows_url
from crm_graphql.ingestion.service import ingest_stream
from crm_graphql.ingestion.stored_plans import Upload
from crm_graphql.mongo.transient import is_transient

_TOO_SLOW = (
    "The body came too slowly (CRM_INGEST_READ_SECONDS). Send it again; the same idempotency key goes on."
)
_log = get_logger(__name__)


class _Unsupported(DomainError):
    """The body is packed in a way that no door takes."""


class _Sent(NamedTuple):
    """A file, and what was said of it."""

    upload: Upload
    source: str | None
    gzip: bool
    body: AsyncIterator[bytes]


Answer = Callable[[Request, IngestionKind, Actor, AsyncIterator[bytes]], Awaitable[Response]]


async def _answered(request: Request, *, kind: IngestionKind, answer: Answer) -> Response:
    """What `answer` makes of the request, or what is wrong with it."""
    stream = request.stream()
    try:
        return await answer(request, kind, await authenticate(request), stream)
    except ClientDisconnect:
        return Response(status_code=400)
    except DomainError as error:
        await drain(stream)
        return refusal(error, status=415 if isinstance(error, _Unsupported) else None)
    except TimeoutError:
        return refusal(InvalidInput(_TOO_SLOW), status=408)
    except Exception as error:
        if not is_transient(error):
            raise
        _log.warning("body not taken, the database is away", reason=str(error))
        await drain(stream)
        away = "The database is away. Send this again later, with the same idempotency key to go on."
        return refusal(Unavailable(away))


async def _ingest(
    request: Request, kind: IngestionKind, actor: Actor, stream: AsyncIterator[bytes]
) -> Response:
    """Answers 202 with the ingestion once every good record is durable; 200 with that of a dry run."""
    taken = await _recorded(request, kind, actor, _take(request, kind, actor, stream))
    resources = request.app.state.resources
    url = refused_rows_url(actor, taken, settings=resources.settings, clock=resources.clock)
    answer = ingestion_answer(taken, url, errors_kept=resources.settings.row_errors_kept)
    return JSONResponse(answer, status_code=202)


async def _preview(
    request: Request, kind: IngestionKind, actor: Actor, stream: AsyncIterator[bytes]
) -> Response:
    """Answers 200 with what the file is and what would become of it."""
    sent = await _sent(request, stream)
    resources = request.app.state.resources
    preview = await preview_file(
        actor,
        kind,
        sent.body,
        upload=sent.upload,
        gzip=sent.gzip,
        settings=resources.settings,
        clock=resources.clock,
    )
    await drain(stream)
    return JSONResponse(preview_answer(preview))


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
    limit = resources.settings.ingest_body_limit_bytes
    if promises_more(request.headers.get("content-length"), limit):
        raise LimitExceeded(f"The body is larger than {limit} bytes. Split it.")
    sent = await _sent(request, stream)
    return await ingest_stream(
        actor,
        kind,
        sent.body,
        upload=sent.upload,
        gzip=sent.gzip,
        idempotency_key=request.headers.get("idempotency-key"),
        source=sent.source,
        settings=resources.settings,
        bus=resources.bus,
        clock=resources.clock,
    )


async def _sent(request: Request, stream: AsyncIterator[bytes]) -> _Sent:
    """The file and its options, out of the query and, where there is one, the form."""
    content_type: str | None = request.headers.get("content-type")
    encoding = request.headers.get("content-encoding", "identity").strip().lower()
    has_form = is_form(content_type)
    if encoding not in ("identity", "gzip", "x-gzip", "") or (has_form and encoding.endswith("gzip")):
        raise _Unsupported(f'Content-Encoding "{encoding[:100]}" is not taken. Send gzip, or none.')
    given = list(request.query_params.multi_items())
    body, name = stream, None
    if content_type is not None and has_form:
        form = Form(content_type, stream)
        await form.begin()
        given += form.fields
        body, name, content_type = form.pieces(), form.filename, form.content_type
    source = next((text for key, text in given if key == "source"), None)
    asked = read_options(given, further=("source",))
    return _Sent(_upload(asked, content_type, name), source, encoding.endswith("gzip"), body)


def _upload(asked: Asked, content_type: str | None, name: str | None) -> Upload:
    hints = FileHints(content_type, name, asked.encoding, asked.delimiter, asked.sheet)
    return Upload(asked.request, hints, asked.mapping_id, asked.is_dry_run)


async def _refused(request: Request) -> Response:
    """The refused rows of an ingestion, by its signed address."""
    resources = request.app.state.resources
    try:
        ingestion = await find_refused(
            request.path_params["key"],
            request.query_params,
            settings=resources.settings,
            clock=resources.clock,
        )
    except DomainError as error:
        return refusal(error)
    kind = "ndjson" if is_json(ingestion) else "csv"
    headers = {
        "content-disposition": f'attachment; filename="refused-{ingestion["kind"].lower()}.{kind}"',
        "cache-control": "no-store",
    }
    media_type = "application/x-ndjson" if kind == "ndjson" else "text/csv; charset=utf-8"
    return StreamingResponse(refused_file(ingestion), media_type=media_type, headers=headers)


def _of_kind(kind: IngestionKind) -> list[Route]:
    path = f"/ingest/{kind.value.lower()}"
    ingest, preview = (partial(_answered, kind=kind, answer=answer) for answer in (_ingest, _preview))
    return [Route(path, ingest, methods=["POST"]), Route(f"{path}/preview", preview, methods=["POST"])]


routes = [
    *(route for kind in IngestionKind for route in _of_kind(kind)),
    Route("/ingest/refused/{key}", _refused, methods=["GET"]),
]
