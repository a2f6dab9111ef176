"""GraphQL over HTTP: queries by GET, all operations by POST, subscriptions as server-sent events.

https://graphql.github.io/graphql-over-http/draft/
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

from graphql import GraphQLError, OperationType
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from crm_graphql.core.actor import Actor
from crm_graphql.core.errors import RateLimited, Unavailable
from crm_graphql.core.tasks import cancel_surely
from crm_graphql.http.doors import STATUSES
from crm_graphql.server.engine import Answer, refusal
from crm_graphql.server.gateway import Gateway, ServedContext
from crm_graphql.server.operations.preparing import GraphQLRequest, Operation
from crm_graphql.server.rates import rate_headers
from crm_graphql.server.refusals import UNDER_ANY_TYPE, RequestError
from crm_graphql.server.transports.bodies import decode_json, read_json_body
from crm_graphql.server.transports.explorer import basic_password, explorer_page, locked_page
from crm_graphql.server.transports.negotiation import Media, best_media, is_json
from crm_graphql.server.transports.sse import EventStream, RefusedStream

_ANSWERS = (Media.JSON, Media.GRAPHQL, Media.EVENTS)


PATIENCE_SECONDS = 0.25
"""Most operations end within it, and nobody need look whether their caller is still there."""


class Refused(Exception):
    """The HTTP request is no GraphQL request that can be answered; `status` says why in HTTP's terms."""

    def __init__(self, status: int, message: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.headers = dict(headers or {})


class GraphQLEndpoint:
    """`/graphql` over HTTP, as an ASGI application."""

    def __init__(self, gateway_of: Any) -> None:
        """`gateway_of(scope)` is the gateway, which exists once the application has started."""
        self._gateway_of = gateway_of

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        request = Request(scope, receive)
        response: ASGIApp
        if request.method == "OPTIONS":
            await Response(status_code=204, headers={"allow": "GET, OPTIONS, POST"})(scope, receive, send)
            return
        gateway: Gateway = self._gateway_of(scope)
        if _is_for_a_person(request):
            response = await _explorer(gateway, request)
        else:
            response = await _respond(gateway, request)
        await response(scope, receive, send)


def _is_for_a_person(request: Request) -> bool:
    """Whether a browser was pointed here, with nothing to run."""
    if request.method != "GET" or {"query", "documentId", "extensions"} & request.query_params.keys():
        return False
    return best_media(request.headers.get("accept"), (*_ANSWERS, Media.HTML)) is Media.HTML


async def _explorer(gateway: Gateway, request: Request) -> Response:
    """The explorer's page: for everybody in development, else for who has a token."""
    token = basic_password(request.headers.get("authorization"))
    development = gateway.settings.development
    try:
        opened = development or isinstance(await gateway.identify(f"Bearer {token}", request), Actor)
    except (Unavailable, RateLimited) as error:
        return _away(error, None)
    return await explorer_page(request, development=development) if opened else locked_page(request)


async def _respond(gateway: Gateway, request: Request) -> ASGIApp:
    media = best_media(request.headers.get("accept"), _ANSWERS)
    identify = gateway.identify_live if media is Media.EVENTS else gateway.identify
    try:
        caller = await identify(request.headers.get("authorization"), request)
    except (Unavailable, RateLimited) as error:
        return _away(error, media)
    context = gateway.context(request, caller, None if media is Media.EVENTS else Response())
    try:
        if media is None:
            shown = ", ".join(offer.value for offer in _ANSWERS)
            raise Refused(406, f"None of the forms in Accept is spoken here. Accept one of: {shown}.")
        asked = await _read(request, gateway)
        operation = await gateway.admit(asked, context)
        _check_transport(request, operation, media)
        if media is Media.EVENTS:
            return EventStream(gateway, operation, context, gateway.take_place(context))
        answer = await _answered(gateway, request, operation, context)
        return _response(answer, context, media, 200)
    except ClientDisconnect:
        return Response(status_code=400)
    except Refused as error:
        mistake = GraphQLError(str(error), extensions={"code": "BAD_USER_INPUT"})
        answer = refusal([mistake], context.request_id)
        response = _response(answer, context, media or Media.JSON, error.status)
        response.headers.update(error.headers)
        return response
    except RequestError as error:
        answer = refusal(error.errors, context.request_id)
        if error.refusal in UNDER_ANY_TYPE or media is Media.GRAPHQL:
            return _response(answer, context, media or Media.JSON, error.status)
        return RefusedStream(answer) if media is Media.EVENTS else _response(answer, context, Media.JSON, 200)


async def _answered(
    gateway: Gateway, request: Request, operation: Operation, context: ServedContext
) -> Answer:
    """Run the operation. Raises ClientDisconnect when its caller leaves meanwhile; only what takes a while is
    watched for that."""
    running = gateway.engine.start(operation, context)
    try:
        await asyncio.wait({running}, timeout=PATIENCE_SECONDS)
        if not running.done():
            gone = asyncio.create_task(_disconnected(request))
            await asyncio.wait({running, gone}, return_when=asyncio.FIRST_COMPLETED)
            cancel_surely(gone)
        if not running.done():
            raise ClientDisconnect
        return running.result()
    finally:
        gateway.engine.leave(running, operation)


async def _disconnected(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass


def _away(error: Unavailable | RateLimited, media: Media | None) -> Response:
    """Who asks cannot be found out now."""
    shown = Media.GRAPHQL if media is Media.GRAPHQL else Media.JSON
    body = Answer(
        {"errors": [{"message": str(error), "extensions": {"code": error.code.value}}]}, executed=False
    )
    headers = {"vary": "accept", "retry-after": str(error.retry_after_seconds)}
    return Response(body.encode(), STATUSES[error.code], headers, media_type=shown.content_type)


def _response(answer: Answer, context: ServedContext, media: Media, status: int) -> Response:
    if not answer.executed and media is Media.GRAPHQL and status == 200:
        status = 400
    shown = Media.JSON if media is Media.EVENTS else media
    headers = {"vary": "accept"}
    if context.rate is not None:
        headers |= rate_headers(context.rate, limited=status == 429)
    response = Response(answer.encode(), status, headers, media_type=shown.content_type)
    cookies = context.response.raw_headers if context.response else ()
    response.raw_headers.extend((name, value) for name, value in cookies if name == b"set-cookie")
    return response


async def _read(request: Request, gateway: Gateway) -> GraphQLRequest:
    """The GraphQL request. Raises Refused or RequestError."""
    if request.method == "GET":
        given = request.query_params
        return GraphQLRequest.of(
            {
                "query": given.get("query"),
                "documentId": given.get("documentId"),
                "operationName": given.get("operationName"),
                "variables": _from_text(given.get("variables"), "variables"),
                "extensions": _from_text(given.get("extensions"), "extensions"),
            }
        )
    if request.method != "POST":
        raise Refused(405, f"{request.method} is not spoken here; use GET or POST.", {"allow": "GET, POST"})
    if not is_json(request.headers.get("content-type", "")):
        # Nor any type that a page of another site may send without asking first.
        raise Refused(415, "Send the request as application/json, in UTF-8.")
    settings = gateway.settings
    body = await read_json_body(request, settings.request_bytes, seconds=settings.request_read_seconds)
    return GraphQLRequest.of(body)


def _from_text(text: str | None, field: str) -> object:
    if not text:
        return None
    try:
        return decode_json(text)
    except RequestError as error:
        raise Refused(400, f"`{field}` in the address: {error}") from None


def _check_transport(request: Request, operation: Operation, media: Media) -> None:
    """Whether an operation of this kind may come this way. Raises Refused."""
    if operation.kind is OperationType.MUTATION and request.method != "POST":
        raise Refused(405, "A mutation is sent by POST.", {"allow": "POST"})
    if operation.kind is OperationType.SUBSCRIPTION and media is not Media.EVENTS:
        raise Refused(
            406,
            "A subscription is answered as text/event-stream, or over a websocket (graphql-transport-ws).",
        )
