"""GraphQL over server-sent events, in the distinct connections mode of graphql-sse: one operation an answer.

https://github.com/enisdenjo/graphql-sse/blob/master/PROTOCOL.md
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable

from graphql import OperationType
from starlette.types import Receive, Scope, Send

from crm_graphql.core.actor import Actor
from crm_graphql.core.errors import TokenExpired
from crm_graphql.gql.context import Context
from crm_graphql.server.engine import Answer
from crm_graphql.server.gateway import Gateway
from crm_graphql.server.operations.preparing import Operation
from crm_graphql.server.streams.outbox import Outbox
from crm_graphql.server.streams.snapshots import failure
from crm_graphql.server.streams.wires import ENDLESS, AsgiWire

KEEP_ALIVE_SECONDS = 12.0
"""A comment this often, so that proxies do not take a silent stream for a dead one."""
COMPLETE = b"event: complete\ndata:\n\n"
_COMMENT = b":\n\n"
_SLOT = "event"


def next_event(payload: bytes) -> bytes:
    """One answer as an event. JSON has no line breaks, so one data line holds it."""
    return b"event: next\ndata: " + payload + b"\n\n"


class RefusedStream:
    """The answer to an operation that does not run: its errors are the only event.

    A status that is no 200 would keep them from a browser's EventSource and from most clients.
    """

    def __init__(self, answer: Answer) -> None:
        self._body = next_event(answer.encode()) + COMPLETE

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the event and the end."""
        await send({"type": "http.response.start", "status": 200, "headers": _HEADERS})
        await send({"type": "http.response.body", "body": self._body})


class EventStream:
    """The answer to one operation as events: an ASGI application, and a subscription's listener."""

    def __init__(
        self, gateway: Gateway, operation: Operation, context: Context, leave: Callable[[], None]
    ) -> None:
        """`leave` gives the place among the caller's live connections back."""
        self._leave = leave
        self._gateway = gateway
        self._operation = operation
        self._context = context
        self._ended = asyncio.Event()
        self._outbox: Outbox

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send events until the operation, the caller's token or the connection ends."""
        try:
            await self._stream(scope, receive, send)
        finally:
            self._leave()

    async def _stream(self, scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": _HEADERS})
        wire = AsgiWire(send, lambda data: {"type": "http.response.body", "body": data, "more_body": True})
        endless = scope.get("extensions", {}).get(ENDLESS)
        abort: Callable[[], None] = endless(self.end) if endless else lambda: None

        def stalled() -> None:
            abort()
            self._ended.set()

        self._outbox = Outbox(
            wire, grace_seconds=self._gateway.settings.slow_reader_seconds, on_stalled=stalled
        )
        gone = asyncio.create_task(self._gone(receive), name="event stream")
        timers = self._start_timers()
        forget = self._gateway.until_revoked(self._context.identity, lambda _reason: self.end())
        try:
            await self._run()
            if not self._outbox.closed:
                await wire.drained()
                await send({"type": "http.response.body", "body": b"", "more_body": False})
        finally:
            self._outbox.close()
            for timer in timers:
                timer.cancel()
            forget()
            gone.cancel()
            await asyncio.gather(gone, return_exceptions=True)
            await wire.close()

    async def _run(self) -> None:
        """Until the operation has ended, or nobody listens."""
        if self._operation.kind is not OperationType.SUBSCRIPTION:
            self.append((await self._gateway.engine.execute(self._operation, self._context)).encode())
            return self.complete()
        subscription = self._gateway.subscriptions.subscribe(self._operation, self._context, self)
        try:
            while not self._ended.is_set():
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(KEEP_ALIVE_SECONDS):
                        await self._ended.wait()
                if not self._ended.is_set() and self._outbox.has_room:
                    self._outbox.newest(_SLOT + " alive", _COMMENT)
        finally:
            subscription.leave()
        return None

    def _start_timers(self) -> list[asyncio.TimerHandle]:
        caller = self._context.identity
        if not isinstance(caller, Actor) or caller.expires_at is None:
            return []
        seconds = self._gateway.seconds_until(caller.expires_at)
        return [asyncio.get_running_loop().call_later(seconds, self._expired)]

    def _expired(self) -> None:
        expired = TokenExpired("The token has expired. Connect again with a new one.")
        self.refused(failure(expired, self._context))

    async def _gone(self, receive: Receive) -> None:
        while (await receive())["type"] != "http.disconnect":
            pass
        self._outbox.close()
        self._ended.set()

    def end(self) -> None:
        """End the stream as it is; without `complete` its client connects again."""
        self._ended.set()

    def newest(self, payload: bytes) -> None:
        """Send an event, or let it replace the one that still waits."""
        self._outbox.newest(_SLOT, next_event(payload))

    def append(self, payload: bytes) -> None:
        """Send an event that must not be left out."""
        self._outbox.put(next_event(payload))

    def refused(self, answer: Answer) -> None:
        """End with errors: they are the only event."""
        self._outbox.last(_SLOT, next_event(answer.encode()))
        self.complete()

    def complete(self) -> None:
        """End in order."""
        self._outbox.last(_SLOT, COMPLETE)
        self._ended.set()

    @property
    def has_room(self) -> bool:
        """Whether the connection takes more."""
        return self._outbox.has_room

    async def room(self) -> None:
        """Wait until the connection takes more."""
        await self._outbox.room()


_HEADERS = [
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"cache-control", b"no-cache, no-store, no-transform"),
    # nginx would keep events back to send them in larger pieces.
    (b"x-accel-buffering", b"no"),
]
