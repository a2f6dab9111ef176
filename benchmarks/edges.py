"""What the product's edge is measured beside: Strawberry's own view over the same schema, and no GraphQL.

Each is an application factory for uvicorn, with the settings of the environment.
"""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket
from strawberry.asgi import GraphQL
from strawberry.subscriptions import GRAPHQL_TRANSPORT_WS_PROTOCOL
from strawberry.types.unset import UNSET, UnsetType

from crm_graphql import logs
from crm_graphql.accounts.authentication import identify
from crm_graphql.core.settings import load_settings
from crm_graphql.gql.context import Context
from crm_graphql.gql.live import LiveHub
from crm_graphql.resources import open_resources
from crm_graphql.schema import schema

UVICORN = ("--loop", "uvloop", "--http", "httptools", "--ws", "websockets-sansio", "--no-access-log")


@dataclass
class _StockContext(Context):
    connection_params: dict[str, Any] | None = None
    """Strawberry puts the payload of `connection_init` here."""


class _StockView(GraphQL[_StockContext, None]):
    """Strawberry as it comes, told who asks."""

    async def get_context(
        self, request: Request | WebSocket, response: Response | WebSocket
    ) -> _StockContext:
        resources = request.app.state.resources
        identity = await identify(resources.access, request.headers.get("authorization"))
        return _StockContext(resources, request.app.state.live, uuid.uuid4().hex, identity)

    async def on_ws_connect(self, context: _StockContext) -> UnsetType:
        params = context.connection_params or {}
        context.identity = await identify(context.resources.access, params.get("Authorization"))
        plain_ack: UnsetType = UNSET
        return plain_ack


def stock() -> Starlette:
    """The product's schema and database behind Strawberry's view."""
    settings = load_settings()
    logs.configure(settings)

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        async with open_resources(settings) as resources:
            app.state.resources = resources
            app.state.live = LiveHub(resources.bus)
            yield
            await app.state.live.close()

    view = _StockView(schema, subscription_protocols=(GRAPHQL_TRANSPORT_WS_PROTOCOL,))
    routes = [Route("/graphql", view), WebSocketRoute("/graphql", view), Route("/health/ready", _ready)]
    return Starlette(routes=routes, lifespan=lifespan)


def bare() -> Starlette:
    """One route that reads the body and answers a constant as JSON: what Starlette and uvicorn cost."""
    return Starlette(routes=[Route("/graphql", _answer, methods=["POST"]), Route("/health/ready", _ready)])


async def _answer(request: Request) -> Response:
    await request.json()
    return JSONResponse({"data": {"__typename": "Query"}})


async def _ready(_request: Request) -> Response:
    return JSONResponse({"status": "ok"})
