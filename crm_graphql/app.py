"""The API process: routes, middleware, and what opens and closes with it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, nullcontext

import structlog
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route, WebSocketRoute

from crm_graphql import health
from crm_graphql.accounts.registration import announce_setup
from crm_graphql.accounts.routes import routes as account_routes
from crm_graphql.audit.routes import routes as audit_routes
from crm_graphql.core.settings import Settings
from crm_graphql.delivery.routes import routes as delivery_routes
from crm_graphql.gql.explorer import routes as explorer_routes
from crm_graphql.gql.live import LiveHub
from crm_graphql.gql.view import GraphQLView
from crm_graphql.ingestion.routes import routes as ingestion_routes
from crm_graphql.metrics import metrics
from crm_graphql.middleware import RequestIds
from crm_graphql.resources import Resources, open_resources
from crm_graphql.schema import schema

log = structlog.get_logger()


async def _to_explorer(_request: Request) -> Response:
    return RedirectResponse("/graphql", status_code=307)


async def _unexpected(request: Request, error: Exception) -> Response:
    """A masked 500; the log has the rest under the request id."""
    request_id = structlog.contextvars.get_contextvars().get("request_id")
    log.error("request failed", exc_info=error, path=request.url.path)
    message = f"Something went wrong on the server. Its log says what, under {request_id}."
    return JSONResponse({"errors": [{"code": "INTERNAL", "message": message, "path": []}]}, status_code=500)


def create_app(settings: Settings, *, resources: Resources | None = None) -> Starlette:
    """The API over one deployment's settings. Connects when it starts, lets go when it stops.

    With `resources` it uses what is open already, and leaves it open.
    """

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        async with nullcontext(resources) if resources else open_resources(settings) as opened:
            app.state.resources = opened
            app.state.live = LiveHub(opened.bus)
            await opened.access.start()
            await announce_setup(opened.settings)
            try:
                yield
            finally:
                await app.state.live.close()
                await opened.access.close()

    graphql = GraphQLView(schema, allowed_origins=settings.allowed_origins)
    routes = [
        Route("/", _to_explorer),
        Route("/graphql", graphql),
        WebSocketRoute("/graphql", graphql),
        *explorer_routes,
        *ingestion_routes,
        *delivery_routes,
        *account_routes(settings),
        *audit_routes,
        Route("/health/live", health.live),
        Route("/health/ready", health.ready),
        Route("/metrics", metrics),
    ]
    cors = Middleware(
        CORSMiddleware,
        allow_origins=settings.allowed_origins,
        allow_methods=["GET", "POST"],
        allow_headers=["authorization", "content-type", "idempotency-key", "x-request-id"],
        # The refresh cookie of a front end on a sister host. Never for an origin that nobody named.
        allow_credentials="*" not in settings.allowed_origins,
        expose_headers=["x-request-id", "retry-after"],
        max_age=3600,
    )
    return Starlette(
        routes=routes,
        middleware=[Middleware(RequestIds), *([cors] if settings.allowed_origins else [])],
        exception_handlers={Exception: _unexpected},
        lifespan=lifespan,
    )
