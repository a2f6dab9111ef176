"""Shared subscriptions: one source, one execution and one encoding an event, however many listen."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import aclosing
from dataclasses import dataclass
from functools import partial
from typing import Any, Protocol

import structlog
from graphql import GraphQLError

from crm_graphql.core.tasks import cancel_surely
from crm_graphql.gql.context import Context
from crm_graphql.server.engine import Answer, Engine, refusal
from crm_graphql.server.operations.preparing import Operation

log = structlog.get_logger()

FAN_OUT = 500
"""After so many listeners others in the process get their turn."""


class Listener(Protocol):
    """One subscription of one connection, as what feeds it sees it."""

    def newest(self, payload: bytes) -> None:
        """An event's answer as JSON, which replaces the last one if that still waits."""

    def append(self, payload: bytes) -> None:
        """An event's answer as JSON, none of which may be left out."""

    def refused(self, answer: Answer) -> None:
        """The subscription ended with errors; nothing follows."""

    def complete(self) -> None:
        """The subscription has ended; nothing follows."""

    @property
    def has_room(self) -> bool:
        """Whether its connection takes more of what must not be left out."""

    async def room(self) -> None:
        """Wait until it does."""


class Subscription(Protocol):
    """A listener's place in a feed."""

    def leave(self) -> None:
        """Feed the listener no longer. Idempotent."""


async def fan_out(listeners: dict[Any, Any], give: Callable[[Any], None]) -> None:
    """Give to each who listens now; not to one who joins meanwhile.

    One whose connection breaks in that moment takes nothing from the others.
    """
    for number, listener in enumerate(list(listeners), 1):
        try:
            give(listener)
        except Exception:
            log.exception("a listener could not be given an event")
        if number % FAN_OUT == 0:
            await asyncio.sleep(0)


def _give(payload: bytes, listener: Listener) -> None:
    listener.newest(payload)


def failure(error: Exception, context: Context) -> Answer:
    """The answer to a subscription whose source broke."""
    return refusal([GraphQLError(str(error), original_error=error)], context.request_id)


class SnapshotFeed:
    """Newest states, for all who asked the same with the same rights.

    A listener that joins gets the last answer at once, then each newer one. The feed ends with its source,
    with an error, or when the last listener leaves.
    """

    def __init__(
        self, engine: Engine, operation: Operation, context: Context, on_end: Callable[[], None]
    ) -> None:
        self._engine = engine
        self._listeners: dict[Listener, None] = {}
        self._last: bytes | None = None
        self._on_end = on_end
        self.task = asyncio.create_task(self._run(operation, context), name="subscription")

    def join(self, listener: Listener) -> Subscription:
        """Feed the listener from now on."""
        self._listeners[listener] = None
        if self._last is not None:
            listener.newest(self._last)
        return _Joined(self, listener)

    def leave(self, listener: Listener) -> None:
        """Feed it no longer."""
        self._listeners.pop(listener, None)
        if not self._listeners and not self.task.done():
            self._on_end()
            cancel_surely(self.task)

    async def _run(self, operation: Operation, context: Context) -> None:
        try:
            opened = await self._engine.open(operation, context)
            if isinstance(opened, Answer):
                return self._end(lambda listener: listener.refused(opened))
            async with aclosing(aiter(opened.events)) as events:  # type: ignore[type-var]
                async for event in events:
                    if not self._listeners:
                        return None
                    self._last = payload = (await self._engine.event(opened, event)).encode()
                    await fan_out(self._listeners, partial(_give, payload))
            self._end(lambda listener: listener.complete())
        except Exception as error:
            failed = failure(error, context)
            self._end(lambda listener: listener.refused(failed))

    def _end(self, tell: Callable[[Listener], None]) -> None:
        self._on_end()
        listeners, self._listeners = self._listeners, {}
        for listener in listeners:
            tell(listener)


@dataclass(frozen=True, slots=True)
class _Joined:
    feed: SnapshotFeed
    listener: Listener

    def leave(self) -> None:
        self.feed.leave(self.listener)
