"""What the product's edge is measured beside: Strawberry's own view over the same schema, and no GraphQL.

Each is served as one process, with the settings of its environment, on CRM_PORT.
"""

from __future__ import annotations

import sys
import uuid
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import uvicorn
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
from crm_graphql.app import create_app
from crm_graphql.core.settings import Settings, load_settings
from crm_graphql.gql.context import Context
from crm_graphql.gql.live import LiveHub
from crm_graphql.resources import open_resources
from crm_graphql.schema import schema
from crm_graphql.server.uvicorn import options

ROOT = Path(__file__).parents[1]


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


def stock(settings: Settings) -> Starlette:
    """The product's schema and database behind Strawberry's view."""

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


def bare(_settings: Settings) -> Starlette:
    """One route that reads the body and answers a constant as JSON: what Starlette and uvicorn cost."""
    return Starlette(routes=[Route("/graphql", _answer, methods=["POST"]), Route("/health/ready", _ready)])


async def _answer(request: Request) -> Response:
    await request.json()
    return JSONResponse({"data": {"__typename": "Query"}})


async def _ready(_request: Request) -> Response:
    return JSONResponse({"status": "ok"})


EDGES: dict[str, Callable[[Settings], Starlette]] = {"product": create_app, "stock": stock, "bare": bare}


def command(name: str) -> list[str]:
    """What serves the edge of this name, until it is killed."""
    code = (
        f"import sys; sys.path.insert(0, {str(ROOT)!r}); from benchmarks.edges import serve; serve({name!r})"
    )
    return [sys.executable, "-c", code]


def serve(name: str) -> None:
    """Serve it in this process: the product as `crm serve` does, the others as uvicorn does by itself."""
    settings = load_settings()
    logs.configure(settings)
    tuned = {"loop": "uvloop", "http": "httptools", "ws": "websockets-sansio", "access_log": False}
    how = options(settings) if name == "product" else {**tuned, "log_config": None}
    uvicorn.run(EDGES[name](settings), host="127.0.0.1", port=settings.port, **how)
