"""What every transport of the GraphQL API shares: who asks, what may run, and what runs it."""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Callable
from datetime import datetime

import structlog
from starlette.datastructures import Headers
from starlette.requests import HTTPConnection
from starlette.responses import Response

from crm_graphql.accounts.authentication import identify
from crm_graphql.core.actor import Actor
from crm_graphql.core.errors import Unauthenticated
from crm_graphql.core.settings import Settings
from crm_graphql.gql.context import Context
from crm_graphql.gql.engine import Engine
from crm_graphql.gql.live import LiveHub
from crm_graphql.gql.operations import GraphQLRequest, Operation, Operations
from crm_graphql.gql.subscriptions import Subscriptions
from crm_graphql.resources import Resources

Caller = Actor | Unauthenticated


class Sockets:
    """The sockets that are open in this process, so that one caller cannot take them all."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._open: Counter[tuple[str, ...]] = Counter()

    def enter(self, caller: Caller, connection: HTTPConnection) -> Callable[[], None] | None:
        """Count one socket of the caller, or of the address of nobody; None when there are too many.

        What is returned gives the place back.
        """
        address = connection.client.host if connection.client else ""
        key = ("caller", caller.subject) if isinstance(caller, Actor) else ("address", address)
        if self._open[key] >= self._limit:
            return None
        self._open[key] += 1

        def leave() -> None:
            self._open[key] -= 1
            if not self._open[key]:
                del self._open[key]

        return leave

    def count(self) -> int:
        """How many are open."""
        return self._open.total()


class Gateway:
    """One process's GraphQL API behind its transports."""

    def __init__(self, resources: Resources, live: LiveHub, engine: Engine, operations: Operations) -> None:
        self.settings: Settings = resources.settings
        self.engine = engine
        self.operations = operations
        self.subscriptions = Subscriptions(engine, share=resources.settings.share_streams)
        self.sockets = Sockets(resources.settings.sockets_per_caller)
        self._resources = resources
        self._live = live

    async def close(self) -> None:
        """End all subscriptions."""
        await self.subscriptions.close()

    async def identify(self, authorization: object) -> Caller:
        """Who asks, by the text of an Authorization header; or why nobody is known."""
        return await identify(self._resources.access, authorization)

    def while_standing(self, caller: Caller, ended: Callable[[Unauthenticated], None]) -> Callable[[], None]:
        """Call `ended` as soon as the caller's session, rights or key have ended; returns what stops that."""
        if not isinstance(caller, Actor):
            return lambda: None
        return self._resources.access.standing.listen(caller, ended)

    def context(
        self, connection: HTTPConnection, caller: Caller, response: Response | None = None
    ) -> Context:
        """What the resolvers of one operation know."""
        request_id = structlog.contextvars.get_contextvars().get("request_id") or uuid.uuid4().hex
        return Context(self._resources, self._live, request_id, caller, connection, response)

    async def admit(self, request: GraphQLRequest, context: Context) -> Operation:
        """The operation, when it may run. Raises RequestError, before anything ran."""
        known = isinstance(context.identity, Actor)
        return await self.operations.prepare(
            request, introspection_allowed=known or self.settings.development, known_caller=known
        )

    def origin_allowed(self, headers: Headers) -> bool:
        """Whether a page of this origin may open a socket here; what is no browser names none."""
        origin = headers.get("origin")
        if origin is None or origin in self.settings.allowed_origins:
            return True
        return origin.partition("://")[2] == headers.get("host", "")

    def seconds_until(self, moment: datetime) -> float:
        """How long it is until then; 0 when it is over."""
        return max(0.0, (moment - self._resources.clock.now()).total_seconds())
