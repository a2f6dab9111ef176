"""GraphQL over HTTP and websockets: Strawberry's view with this product's context, JSON and explorer."""

from __future__ import annotations

import json
import uuid
from decimal import Decimal
from typing import Any

import msgspec
import structlog
from cross_web import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.websockets import WebSocket
from strawberry.asgi import GraphQL
from strawberry.exceptions import ConnectionRejectionError
from strawberry.schema import BaseSchema
from strawberry.subscriptions import GRAPHQL_TRANSPORT_WS_PROTOCOL
from strawberry.types.unset import UNSET, UnsetType

from crm_graphql.gql.context import Context, identify
from crm_graphql.gql.explorer import explorer_page

_ENCODER = msgspec.json.Encoder(decimal_format="string")


def _refuse_constant(name: str) -> None:
    raise json.JSONDecodeError(f"{name} is not JSON", name, 0)


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
            identity=identify(resources, request.headers.get("authorization")),
        )

    async def on_ws_connect(self, context: Context) -> UnsetType | dict[str, object] | None:
        """Take the token from `connection_init`; a bad one closes the socket with 4403."""
        params = {str(name).lower(): value for name, value in (context.connection_params or {}).items()}
        header = params.get("authorization")
        if header is not None:
            context.identity = identify(context.resources, header)
            if isinstance(context.identity, Exception):
                raise ConnectionRejectionError
        plain_ack: UnsetType = UNSET
        return plain_ack

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
