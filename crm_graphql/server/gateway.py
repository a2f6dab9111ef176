"""The gateway behind every transport of the GraphQL API: who asks, what may run, and what runs it."""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import structlog
from starlette.requests import HTTPConnection
from starlette.responses import Response

from crm_graphql.accounts.authentication import identify
from crm_graphql.core.actor import Actor
from crm_graphql.core.errors import NothingShown, RateLimited, TokenExpired, Unauthenticated
from crm_graphql.core.settings import Settings
from crm_graphql.gql.context import Context
from crm_graphql.gql.live import LiveHub
from crm_graphql.http.origins import Origins
from crm_graphql.resources import Resources
from crm_graphql.server.engine import Engine
from crm_graphql.server.operations.preparing import GraphQLRequest, Operation, Operations
from crm_graphql.server.rates import REFUSED_COST, RateState, address_of, make_rates
from crm_graphql.server.refusals import Refusal, RequestError
from crm_graphql.server.streams.subscriptions import Subscriptions

Caller = Actor | Unauthenticated
LIVE_TOKEN_EXPIRED = "The token has expired. Connect again with a new one."  # noqa: S105


@dataclass
class ServedContext(Context):
    """The context of an operation that came by a transport."""

    rate: RateState | None = None
    """Where the caller stands with its share of the minute, once that was looked at."""


class LiveConnections:
    """The live connections of this process: websockets and event streams. One caller cannot take them all."""

    def __init__(self, limit: int, anonymous_limit: int) -> None:
        """At most `limit` of a caller, and `anonymous_limit` of those of an address that have no caller."""
        self._limit = limit
        self._anonymous_limit = anonymous_limit
        self._open: Counter[tuple[str, ...]] = Counter()

    def enter(self, caller: Caller, connection: HTTPConnection) -> Callable[[], None] | None:
        """Count one more of the caller, or of the address of nobody; None when there are too many.

        What is returned gives the place back.
        """
        address = address_of(connection.client.host if connection.client else None)
        key = ("caller", caller.subject) if isinstance(caller, Actor) else ("address", address)
        if self._open[key] >= (self._limit if isinstance(caller, Actor) else self._anonymous_limit):
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
        self.origins = Origins(self.settings)
        self.engine = engine
        self.operations = operations
        self.subscriptions = Subscriptions(engine, share=resources.settings.share_streams)
        self.sockets = LiveConnections(
            resources.settings.sockets_per_caller, resources.settings.anonymous_sockets_per_address
        )
        self._rates = make_rates(resources.settings)
        self._resources = resources
        self.live = live

    async def close(self) -> None:
        """End all subscriptions, and stop counting."""
        await self.subscriptions.close()
        await self._rates.close()

    async def identify(self, authorization: object, connection: HTTPConnection) -> Caller:
        """Who asks, by the text of an Authorization header; or why nobody is known.

        Raises Unavailable and RateLimited for an API key that cannot be looked up now.
        """
        address = connection.client.host if connection.client else None
        return await identify(self._resources.access, authorization, address)

    async def identify_live(self, authorization: object, connection: HTTPConnection) -> Caller:
        """Like `identify`, for a connection that lives on: a token that has expired by the clock here gets no
        leeway for clocks that differ, which would be over before the first event."""
        caller = await self.identify(authorization, connection)
        ends = caller.expires_at if isinstance(caller, Actor) else None
        if ends is not None and self.seconds_until(ends) <= 0:
            return TokenExpired(LIVE_TOKEN_EXPIRED)
        return caller

    def until_revoked(self, caller: Caller, ended: Callable[[Unauthenticated], None]) -> Callable[[], None]:
        """Call `ended` as soon as the caller's session, rights or key have ended; returns what stops that."""
        if not isinstance(caller, Actor):
            return lambda: None
        return self._resources.access.revocations.listen(caller, ended)

    def context(
        self, connection: HTTPConnection, caller: Caller, response: Response | None = None
    ) -> ServedContext:
        """What the resolvers of one operation know."""
        request_id = structlog.contextvars.get_contextvars().get("request_id") or uuid.uuid4().hex
        return ServedContext(self._resources, self.live, request_id, caller, connection, response)

    async def admit(self, request: GraphQLRequest, context: ServedContext) -> Operation:
        """The operation, when it may run and the caller's share of the minute covers it.

        Raises RequestError, before anything ran. Who has no token pays by the request, whatever it is; who
        has one pays what the operation costs, and for a refusal what finding out has cost.
        """
        known = isinstance(context.identity, Actor)
        self._count(context)
        if not known:
            await self._spend(context, 1)
        try:
            operation = await self.operations.prepare(
                request, introspection_allowed=known or self.settings.development, known_caller=known
            )
        except RequestError as error:
            if known:
                await self._spend(context, REFUSED_COST)
            elif error.refusal is Refusal.INTROSPECTION and not isinstance(context.identity, NothingShown):
                # Why the token that was shown does not count, not that one is needed.
                raise RequestError.of(error.refusal, str(context.identity), "UNAUTHENTICATED") from None
            raise
        if known:
            await self._spend(context, operation.cost)
        return operation

    def _count(self, context: ServedContext) -> None:
        """Count what a websocket brings, where requests are counted as they come in, and who asks."""
        usage = self._resources.usage
        if context.connection is not None and context.connection.scope["type"] == "websocket":
            usage.count_request()
        if isinstance(context.identity, Actor):
            usage.saw(context.identity.user_id)

    async def _spend(self, context: ServedContext, cost: int) -> None:
        caller = context.identity
        if isinstance(caller, Actor):
            limit, key = self._rates.costs, caller.subject
        else:
            client = context.connection.client if context.connection else None
            limit, key = self._rates.anonymous, address_of(client.host if client else None)
        try:
            context.rate = await limit.spend(key, cost)
        except RateLimited as error:
            context.rate = await limit.state(key)
            seconds = error.retry_after_seconds
            raise RequestError.of(
                Refusal.RATE, str(error), error.code.value, retryAfterSeconds=seconds
            ) from None

    def take_place(self, context: Context) -> Callable[[], None]:
        """Count a live connection of the caller; what is returned gives the place back.

        Raises RequestError when the caller has too many.
        """
        assert context.connection is not None
        leave = self.sockets.enter(context.identity, context.connection)
        if leave is None:
            known = isinstance(context.identity, Actor)
            settings = self.settings
            limit = settings.sockets_per_caller if known else settings.anonymous_sockets_per_address
            whose = "one caller" if known else "one address, without a token,"
            text = f"{limit} live connections of {whose} are open here; at most {limit} are allowed."
            raise RequestError.of(Refusal.RATE, text, "LIMIT_EXCEEDED")
        return leave

    def seconds_until(self, moment: datetime) -> float:
        """How long it is until then; 0 when it is over."""
        return max(0.0, (moment - self._resources.clock.now()).total_seconds())
