"""The way of bytes to one connection: the server's own transport where it is offered, else ASGI."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, Protocol

DIRECT = "crm.direct"
"""The ASGI extension by which `server.uvicorn` offers a websocket's transport: a `DirectConnection`."""
ENDLESS = "crm.endless"
"""The ASGI extension by which an HTTP answer says that it goes on for ever. A function: it takes what to call
when the server stops, bounds what may wait for the reader, and returns what cuts the connection."""

Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]


class DirectConnection(Protocol):
    """A server's connection that can be written to without a task, a queue or an await."""

    @property
    def takes_more(self) -> bool:
        """Whether the transport's buffer is below its limit."""

    def on_writable(self, call: Callable[[], None]) -> None:
        """Call this each time that the transport takes more again."""

    def write_text(self, text: bytes) -> None:
        """Send a text message. Never blocks: call it only while it takes more. Nothing once it has closed."""

    def close_with(self, code: int, reason: str) -> None:
        """Send a close frame, whether the peer reads or not, and cut the connection some seconds later."""


class Wire(Protocol):
    """Where an outbox writes to."""

    @property
    def writable(self) -> bool:
        """Whether the connection takes more at once."""

    def on_writable(self, call: Callable[[], None]) -> None:
        """Call this each time that the connection takes more again."""

    def write(self, data: bytes) -> None:
        """Hand over one message; only while `writable`."""


class DirectWire:
    """Writes to the server's transport: 5,000 messages cost no task switch, only their bytes."""

    def __init__(self, connection: DirectConnection) -> None:
        self._connection = connection
        self.write = connection.write_text
        self.on_writable = connection.on_writable

    @property
    def writable(self) -> bool:
        """Whether the transport takes more."""
        return self._connection.takes_more


class AsgiWire:
    """Writes through ASGI's `send`, which waits: a task does that, one message after another."""

    def __init__(self, send: Send, as_message: Callable[[bytes], MutableMapping[str, Any]]) -> None:
        self._send = send
        self._as_message = as_message
        self._waiting: deque[bytes] = deque()
        self._wake = asyncio.Event()
        self._idle = asyncio.Event()
        self._idle.set()
        self._resumed: Callable[[], None] = lambda: None
        self._pump = asyncio.create_task(self._run(), name="asgi wire")

    @property
    def writable(self) -> bool:
        """Whether nothing waits."""
        return self._idle.is_set()

    def on_writable(self, call: Callable[[], None]) -> None:
        """Call this each time that nothing waits any more."""
        self._resumed = call

    def write(self, data: bytes) -> None:
        """Hand over one message."""
        self._waiting.append(data)
        self._idle.clear()
        self._wake.set()

    async def drained(self) -> None:
        """Wait until all that was written is with the server, or the connection is gone."""
        while not self._idle.is_set():
            await self._idle.wait()

    async def close(self) -> None:
        """Stop sending."""
        self._pump.cancel()
        await asyncio.gather(self._pump, return_exceptions=True)

    async def _run(self) -> None:
        try:
            while True:
                await self._wake.wait()
                self._wake.clear()
                while self._waiting:
                    await self._send(self._as_message(self._waiting.popleft()))
                self._idle.set()
                self._resumed()
        finally:
            self._idle.set()
