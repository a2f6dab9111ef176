"""The API process: routes, middleware, and what opens and closes with it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, nullcontext
from functools import partial
from pathlib import Path

import structlog
from graphql import GraphQLSchema
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.errors import ServerErrorMiddleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route, WebSocketRoute
from starlette.types import Receive, Scope, Send

from crm_graphql.accounts.addresses import renew_keys
from crm_graphql.accounts.registration import announce_setup
from crm_graphql.accounts.routes import routes as account_routes
from crm_graphql.audit.routes import routes as audit_routes
from crm_graphql.consents.routes import routes as consent_routes
from crm_graphql.core.garbage import freeze_what_is_started
from crm_graphql.core.settings import Settings
from crm_graphql.delivery.routes import routes as delivery_routes
from crm_graphql.exports.routes import routes as export_routes
from crm_graphql.gql.live import LiveHub
from crm_graphql.http import health
from crm_graphql.http.counted_requests import CountedRequests
from crm_graphql.http.doors import unexpected
from crm_graphql.http.metrics import metrics
from crm_graphql.http.request_ids import RequestIds
from crm_graphql.http.security import edge_middleware
from crm_graphql.ingestion.routes import routes as ingestion_routes
from crm_graphql.media.routes import routes as media_routes
from crm_graphql.resources import Resources, open_resources
from crm_graphql.schema import executable_schema
from crm_graphql.server.engine import Engine
from crm_graphql.server.gateway import Gateway
from crm_graphql.server.operations.listed_too import ListedToo
from crm_graphql.server.operations.persisted import MongoStore, PersistedDocuments
from crm_graphql.server.operations.preparing import Documents, Operations
from crm_graphql.server.operations.trusted import read_trusted_documents
from crm_graphql.server.transports.dashboard import DOCUMENTS as DASHBOARD_DOCUMENTS
from crm_graphql.server.transports.dashboard import routes as dashboard_routes
from crm_graphql.server.transports.explorer import routes as explorer_routes
from crm_graphql.server.transports.http import GraphQLEndpoint
from crm_graphql.server.transports.websocket import GraphQLSocket
from crm_graphql.tracking.routes import open_door
from crm_graphql.tracking.routes import routes as tracking_routes

log = structlog.get_logger()


def _gateway(scope: Scope) -> Gateway:
    gateway: Gateway = scope["app"].state.gateway
    return gateway


def _documents(settings: Settings) -> Documents:
    """Which documents may run. Raises SettingsError for a list that cannot be used."""
    if not settings.trusted_documents:
        return PersistedDocuments(MongoStore(settings))
    read = partial(read_trusted_documents, settings, executable_schema(), DASHBOARD_DOCUMENTS)
    if not settings.development:
        return read()
    return ListedToo(Path(settings.trusted_documents), read, PersistedDocuments(MongoStore(settings)))


def _engine(schema: GraphQLSchema, settings: Settings) -> Engine:
    return Engine(schema, read_seconds=settings.read_timeout_seconds)


class _GraphQLSockets:
    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await GraphQLSocket(_gateway(scope), scope, receive, send).run()


async def _unexpected(request: Request, error: Exception) -> Response:
    """A masked 500; the log has the rest under the request id."""
    request_id = request.state.request_id
    log.error("request failed", exc_info=error, path=request.url.path, request_id=request_id)
    return unexpected(request_id)


def _routes(settings: Settings) -> list[BaseRoute]:
    return [
        *dashboard_routes(settings),
        Route("/graphql", GraphQLEndpoint(_gateway)),
        WebSocketRoute("/graphql", _GraphQLSockets()),
        *explorer_routes,
        *ingestion_routes,
        *media_routes,
        *consent_routes,
        *tracking_routes,
        *delivery_routes,
        *account_routes(settings),
        *audit_routes,
        *export_routes,
        Route("/health/live", health.live),
        Route("/health/ready", health.ready),
        Route("/metrics", metrics),
    ]


async def _prepare_accounts(settings: Settings) -> None:
    await renew_keys()
    # The banner of `crm dev` has it already.
    if not settings.development:
        await announce_setup(settings)


def create_app(settings: Settings, *, resources: Resources | None = None) -> Starlette:
    """The API over one deployment's settings. Connects when it starts, lets go when it stops.

    With `resources` it uses what is open already, and leaves it open: the process is not its own then.
    """

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        async with nullcontext(resources) if resources else open_resources(settings) as opened:
            app.state.resources = opened
            await _prepare_accounts(opened.settings)
            live = app.state.live = LiveHub(opened.bus)
            schema = executable_schema()
            operations = Operations(schema, settings, _documents(settings))
            gateway = app.state.gateway = Gateway(opened, live, _engine(schema, settings), operations)
            await opened.access.start()
            await opened.deployment.start()
            opened.answers.start(opened.bus)
            opened.usage.start()
            hits = await open_door(app, settings)
            if resources is None:
                freeze_what_is_started()
            try:
                yield
            finally:
                await gateway.close()
                await hits.close()
                await live.close()
                await opened.answers.close()
                await opened.usage.close()
                await opened.deployment.close()
                await opened.access.close()

    return Starlette(
        routes=_routes(settings),
        # What nobody foresaw is answered within the edge: a page of another origin can read it too.
        middleware=[
            Middleware(RequestIds),
            *edge_middleware(settings),
            Middleware(ServerErrorMiddleware, handler=_unexpected),
            Middleware(CountedRequests),
        ],
        lifespan=lifespan,
    )
