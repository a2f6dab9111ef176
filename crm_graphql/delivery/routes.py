"""POST /webhooks/{vendor}: what vendors say of messages, each verified, and durable before it is answered."""

from __future__ import annotations

from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from structlog import get_logger

from crm_graphql.core.bodies import promises_more, read_whole
from crm_graphql.core.errors import DomainError, InvalidInput, LimitExceeded, Unavailable
from crm_graphql.delivery.webhooks.choose import choose_door
from crm_graphql.delivery.webhooks.port import Call, DoorTools, Entrance, Parsed, Reply
from crm_graphql.http.doors import refusal
from crm_graphql.mongo.transient import is_transient

_log = get_logger(__name__)


async def receive_receipts(request: Request) -> Response:
    """Verify, read each entry, make the good ones durable, answer with their number and the problems."""
    try:
        entrance = choose_door(request.path_params["vendor"], _tools_of(request))
        if request.method != "POST":
            return _handshake(entrance, request)
        call = await _call_of(request, entrance.body_limit_bytes)
        await entrance.door.verify(call)
        parsed = await entrance.door.parse(call)
        await _take(parsed, request)
    except DomainError as error:
        # Whoever called tells nobody; a vendor whose news is refused is one that is silent.
        _log.warning(
            "a vendor's call is refused", vendor=request.path_params["vendor"][:40], reason=str(error)
        )
        # The signature is no scheme that a client could be challenged to.
        return refusal(error, challenge=None)
    except TimeoutError:
        return refusal(InvalidInput("The body did not come in time. Send it again."), status=408)
    except ClientDisconnect:
        return Response(status_code=400)
    except Exception as error:
        if not is_transient(error):
            raise
        _log.warning("receipts not taken, the database is away", error=str(error))
        return refusal(Unavailable("The database is away. Send the same again later."))
    if parsed.problems:
        _log.warning(
            "a vendor's call has entries that are left out",
            vendor=request.path_params["vendor"],
            count=len(parsed.problems),
            first=parsed.problems[0].message[:200],
        )
    return _answer(entrance, parsed)


def _handshake(entrance: Entrance, request: Request) -> Response:
    if entrance.handshake is None or request.method != "GET":
        return Response(status_code=405, headers={"allow": "POST"})
    return _reply(entrance.handshake(request.query_params))


async def _take(parsed: Parsed, request: Request) -> None:
    resources = request.app.state.resources
    await resources.intake.take(
        parsed.notices, settings=resources.settings, bus=resources.bus, clock=resources.clock
    )
    if parsed.then is not None:
        await parsed.then()


def _answer(entrance: Entrance, parsed: Parsed) -> Response:
    if entrance.reply is not None:
        return _reply(entrance.reply)
    problems = [{"index": one.index, "field": one.field, "message": one.message} for one in parsed.problems]
    return JSONResponse({"accepted": len(parsed.notices), "errors": problems}, status_code=entrance.status)


def _reply(reply: Reply) -> Response:
    return Response(reply.text, status_code=reply.status, media_type=reply.media_type)


def _tools_of(request: Request) -> DoorTools:
    resources = request.app.state.resources
    return DoorTools(
        *(resources.settings, resources.http, resources.bus),
        *(resources.clock, resources.in_transaction, resources.storage),
    )


async def _call_of(request: Request, limit_bytes: int) -> Call:
    """The call with its body, of so many bytes at most. Raises LimitExceeded, and TimeoutError for a body
    that does not come."""
    settings = request.app.state.resources.settings
    message = f"The body is larger than {limit_bytes} bytes. Send fewer receipts at once."
    if promises_more(request.headers.get("content-length"), limit_bytes):
        raise LimitExceeded(message)
    try:
        body = await read_whole(
            request.stream(), limit_bytes=limit_bytes, seconds=settings.request_read_seconds
        )
    except LimitExceeded:
        raise LimitExceeded(message) from None
    query = f"?{request.url.query}" if request.url.query else ""
    url = f"{settings.public_url.rstrip('/')}{request.url.path}{query}"
    return Call(request.headers, body, url, request.query_params)


routes = [Route("/webhooks/{vendor}", receive_receipts, methods=["GET", "POST"])]
