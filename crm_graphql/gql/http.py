"""GraphQL over HTTP: queries by GET, all operations by POST, subscriptions as server-sent events.

https://graphql.github.io/graphql-over-http/draft/
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from graphql import GraphQLError, OperationType
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from crm_graphql.gql.engine import Answer, refusal
from crm_graphql.gql.explorer import explorer_page
from crm_graphql.gql.gateway import Gateway
from crm_graphql.gql.negotiation import Media, best_media
from crm_graphql.gql.operations import GraphQLRequest, Operation, RequestError
from crm_graphql.gql.sse import EventStream

_ANSWERS = (Media.JSON, Media.GRAPHQL, Media.EVENTS)


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
        gateway: Gateway = self._gateway_of(scope)
        response: ASGIApp
        if _is_for_a_person(request):
            response = await explorer_page(request)
        else:
            response = await _respond(gateway, request)
        await response(scope, receive, send)


def _is_for_a_person(request: Request) -> bool:
    """Whether a browser was pointed here, with nothing to run."""
    if request.method not in ("GET", "HEAD") or {"query", "extensions"} & request.query_params.keys():
        return False
    return best_media(request.headers.get("accept"), (*_ANSWERS, Media.HTML)) is Media.HTML


async def _respond(gateway: Gateway, request: Request) -> ASGIApp:
    media = best_media(request.headers.get("accept"), _ANSWERS)
    cookies = Response()
    caller = await gateway.identify(request.headers.get("authorization"))
    context = gateway.context(request, caller, cookies)
    try:
        if media is None:
            shown = ", ".join(offer.value for offer in _ANSWERS)
            raise Refused(406, f"None of the forms in Accept is spoken here. Accept one of: {shown}.")
        asked = await _read(request, gateway)
        operation = await gateway.admit(asked, context)
        _check_transport(request, operation, media)
        if media is Media.EVENTS:
            return EventStream(gateway, operation, context)
        answer = await gateway.engine.execute(operation, context)
        return _response(answer, media, 200, cookies)
    except Refused as error:
        mistake = GraphQLError(str(error), extensions={"code": "BAD_USER_INPUT"})
        answer = refusal([mistake], context.request_id)
        response = _response(answer, media or Media.JSON, error.status)
        response.headers.update(error.headers)
        return response
    except RequestError as error:
        # The request was well formed, and said so by its status where the media type's rules allow that.
        status = 400 if media is not Media.JSON else 200
        return _response(refusal(error.errors, context.request_id), media or Media.JSON, status)


def _response(answer: Answer, media: Media, status: int, cookies: Response | None = None) -> Response:
    if not answer.executed and media is Media.GRAPHQL and status == 200:
        status = 400
    shown = Media.JSON if media is Media.EVENTS else media
    response = Response(answer.encode(), status, media_type=shown.content_type)
    for name, value in cookies.raw_headers if cookies else ():
        if name == b"set-cookie":
            response.raw_headers.append((name, value))
    return response


async def _read(request: Request, gateway: Gateway) -> GraphQLRequest:
    """The GraphQL request. Raises Refused."""
    if request.method in ("GET", "HEAD"):
        given = request.query_params
        return _checked(
            {
                "query": given.get("query"),
                "operationName": given.get("operationName"),
                "variables": _from_text(given.get("variables"), "variables"),
                "extensions": _from_text(given.get("extensions"), "extensions"),
            }
        )
    if request.method != "POST":
        raise Refused(405, f"{request.method} is not spoken here; use GET or POST.", {"allow": "GET, POST"})
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/json":
        # Nor any type that a page of another site may send without asking first.
        raise Refused(415, "Send the request as application/json.")
    return _checked(_parse(await request.body()))


def _checked(body: object) -> GraphQLRequest:
    """The request in the parsed body. Raises Refused, naming what is wrong."""
    if not isinstance(body, dict):
        raise Refused(400, "A GraphQL request is a JSON object with a query.")
    query, name = body.get("query"), body.get("operationName")
    variables, extensions = body.get("variables"), body.get("extensions")
    for field, value, kind in (("query", query, str), ("operationName", name, str)):
        if value is not None and not isinstance(value, kind):
            raise Refused(400, f"`{field}` must be a text.")
    for field, value in (("variables", variables), ("extensions", extensions)):
        if value is not None and not isinstance(value, dict):
            raise Refused(400, f"`{field}` must be an object.")
    if query is None and not (extensions or {}).get("persistedQuery"):
        raise Refused(400, "The request has no `query`.")
    return GraphQLRequest(query, name or None, variables or {}, extensions or {})


def _from_text(text: str | None, field: str) -> object:
    if not text:
        return None
    try:
        return _parse(text.encode())
    except Refused:
        raise Refused(400, f"`{field}` in the address is not JSON.") from None


def _refuse_constant(name: str) -> None:
    raise json.JSONDecodeError(f"{name} is not JSON", name, 0)


def _parse(data: bytes) -> Any:
    """JSON, in which a number with a point stays exact: money must not become a float."""
    try:
        return json.loads(data, parse_float=Decimal, parse_constant=_refuse_constant)
    except (UnicodeDecodeError, ValueError, RecursionError):
        raise Refused(400, "The body is not JSON in UTF-8, or nested too deep.") from None


def _check_transport(request: Request, operation: Operation, media: Media) -> None:
    """Whether an operation of this kind may come this way. Raises Refused."""
    if operation.kind is OperationType.MUTATION and request.method != "POST":
        raise Refused(405, "A mutation is sent by POST.", {"allow": "POST"})
    if operation.kind is OperationType.SUBSCRIPTION and media is not Media.EVENTS:
        raise Refused(
            406,
            "A subscription is answered as text/event-stream, or over a websocket (graphql-transport-ws).",
        )
