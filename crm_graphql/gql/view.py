"""GraphQL over HTTP and websockets: Strawberry's view with this product's context, JSON and explorer."""

from __future__ import annotations

import asyncio
import contextlib
import json
import uuid
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import msgspec
import structlog
from cross_web import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocket
from strawberry.asgi import GraphQL
from strawberry.exceptions import ConnectionRejectionError
from strawberry.schema import BaseSchema
from strawberry.subscriptions import GRAPHQL_TRANSPORT_WS_PROTOCOL
from strawberry.types.unset import UNSET, UnsetType

from crm_graphql.accounts.authentication import identify
from crm_graphql.accounts.standing import Standing
from crm_graphql.core.actor import Actor
from crm_graphql.core.errors import Unauthenticated
from crm_graphql.gql.context import Context
from crm_graphql.gql.explorer import explorer_page

_ENCODER = msgspec.json.Encoder(decimal_format="string")


def _refuse_constant(name: str) -> None:
    raise json.JSONDecodeError(f"{name} is not JSON", name, 0)


def _close_with_its_caller(socket: WebSocket, actor: Actor, standing: Standing) -> None:
    loop = asyncio.get_running_loop()
    closing: set[asyncio.Task[None]] = set()

    async def say_and_close(reason: str) -> None:
        with contextlib.suppress(RuntimeError):  # closed already
            await socket.close(4403, reason[:120])

    def close(reason: Unauthenticated) -> None:
        task = loop.create_task(say_and_close(str(reason)))
        closing.add(task)
        task.add_done_callback(closing.discard)

    ending: contextlib.ExitStack = socket.scope["crm.ending"]
    ending.callback(standing.listen(actor, close))
    if actor.expires_at is not None:
        left = (actor.expires_at - datetime.now(UTC)).total_seconds()
        ending.callback(loop.call_later(left, close, Unauthenticated("The token has expired.")).cancel)


class GraphQLView(GraphQL[Context, None]):
    """The `/graphql` endpoint."""

    def __init__(self, schema: BaseSchema, *, allowed_origins: list[str]) -> None:
        super().__init__(
            schema,
            graphql_ide="graphiql",
            subscription_protocols=(GRAPHQL_TRANSPORT_WS_PROTOCOL,),
            allowed_origins=allowed_origins,
        )

    async def get_context(self, request: Request | WebSocket, response: Response | WebSocket) -> Context:
        """Who asks, by the Authorization header; a websocket may still say so in `connection_init`."""
        resources = request.app.state.resources
        bound = structlog.contextvars.get_contextvars().get("request_id")
        return Context(
            resources=resources,
            live=request.app.state.live,
            request_id=bound or uuid.uuid4().hex,
            identity=await identify(resources.access, request.headers.get("authorization")),
            request=request,
            response=response if isinstance(response, Response) else None,
        )

    async def on_ws_connect(self, context: Context) -> UnsetType | dict[str, object] | None:
        """Take the token from `connection_init`; a bad one closes the socket with 4403."""
        params = {str(name).lower(): value for name, value in (context.connection_params or {}).items()}
        header = params.get("authorization")
        if header is not None:
            context.identity = await identify(context.resources.access, header)
            if isinstance(context.identity, Exception):
                raise ConnectionRejectionError
        if isinstance(context.identity, Actor) and isinstance(context.request, WebSocket):
            _close_with_its_caller(context.request, context.identity, context.resources.access.standing)
        plain_ack: UnsetType = UNSET
        return plain_ack

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """A websocket ends with its caller's session, rights and token; see `_close_with_its_caller`."""
        with contextlib.ExitStack() as ending:
            scope["crm.ending"] = ending
            await super().__call__(scope, receive, send)

    async def render_graphql_ide(self, request: Request) -> Response:
        """The explorer, served from this server's own files."""
        return await explorer_page(request)

    def parse_json(self, data: str | bytes) -> Any:
        """A body, or the variables of a GET: an object, a list of them, or null; else 400."""
        try:
            parsed = super().parse_json(data)
        except (UnicodeDecodeError, RecursionError) as error:
            raise HTTPException(400, "The request is not JSON in UTF-8, or nested too deep.") from error
        if parsed is not None and not isinstance(parsed, dict | list):
            raise HTTPException(400, "A GraphQL request is a JSON object with a query.")
        return parsed

    def decode_json(self, data: str | bytes) -> object:
        """Like json.loads, but a number with a point stays exact: money must not become a float."""
        return json.loads(data, parse_float=Decimal, parse_constant=_refuse_constant)

    def encode_json(self, data: object) -> str | bytes:
        """One fast encoder for all answers."""
        return _ENCODER.encode(data).decode()
