"""The outbox of one connection: bounded, and given up when its reader stalls."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable

from crm_graphql.server.streams.wires import Wire

ROOM_BYTES = 256 * 1024
"""Below this much waiting, a log of changes may add to an outbox."""


class Outbox:
    """The messages of one connection, in order.

    While the connection takes what is written, nothing waits. When its reader stalls, at most the newest
    snapshot of each subscription and what must not be dropped wait here; nobody else is delayed. A reader
    that takes nothing for `grace_seconds` is given up: `on_stalled` is called once.
    """

    def __init__(self, wire: Wire, *, grace_seconds: float, on_stalled: Callable[[], None]) -> None:
        self._wire = wire
        self._grace_seconds = grace_seconds
        self._on_stalled = on_stalled
        self._queue: deque[bytes] = deque()
        self._queued_bytes = 0
        self._slots: dict[str, bytes] = {}
        self._stall: asyncio.TimerHandle | None = None
        self._room = asyncio.Event()
        self._room.set()
        self.closed = False
        wire.on_writable(self._flush)

    @property
    def waiting_bytes(self) -> int:
        """How much waits here, in bytes."""
        return self._queued_bytes + sum(map(len, self._slots.values()))

    @property
    def has_room(self) -> bool:
        """Whether more may be added that must not be dropped."""
        return self._room.is_set()

    async def room(self) -> None:
        """Wait until there is room, or the connection has closed."""
        await self._room.wait()

    def put(self, message: bytes) -> None:
        """Send a message that must not be dropped, after all others of its kind that wait."""
        if self.closed:
            return
        if not self._queue and self._wire.writable:
            self._wire.write(message)
            return
        self._queue.append(message)
        self._queued_bytes += len(message)
        if self._queued_bytes >= ROOM_BYTES:
            self._room.clear()
        self._watch_stall()

    def newest(self, slot: str, message: bytes) -> None:
        """Send a message that replaces the one of the same slot, if that still waits."""
        if self.closed:
            return
        if not self._slots and not self._queue and self._wire.writable:
            self._wire.write(message)
            return
        self._slots[slot] = message
        self._watch_stall()

    def last(self, slot: str, message: bytes) -> None:
        """Send the slot's last message, after what waits in the slot."""
        waiting = self._slots.pop(slot, None)
        if waiting is not None:
            self.put(waiting)
        self.put(message)

    def drop(self, slot: str) -> None:
        """Forget what waits in the slot."""
        self._slots.pop(slot, None)

    def close(self) -> None:
        """Take and send nothing more."""
        self.closed = True
        self._queue.clear()
        self._slots.clear()
        self._queued_bytes = 0
        self._room.set()
        self._forget_stall()

    def _flush(self) -> None:
        """The connection takes more: it has not stalled."""
        self._forget_stall()
        while self._wire.writable:
            if self._queue:
                message = self._queue.popleft()
                self._queued_bytes -= len(message)
            elif self._slots:
                message = self._slots.pop(next(iter(self._slots)))
            else:
                break
            self._wire.write(message)
        if self._queued_bytes < ROOM_BYTES:
            self._room.set()
        if self._queue or self._slots:
            self._watch_stall()

    def _watch_stall(self) -> None:
        if self._stall is None:
            loop = asyncio.get_running_loop()
            self._stall = loop.call_later(self._grace_seconds, self._on_stalled)

    def _forget_stall(self) -> None:
        if self._stall is not None:
            self._stall.cancel()
            self._stall = None
