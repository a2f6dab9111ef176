"""The bounded buffer of events behind a watch."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator

from crm_graphql.bus.port import Event

WATCH_EVENTS = 1000


class EventBuffer:
    """Events between the bus and one reader. When it is full the oldest are lost, for each is only a hint."""

    def __init__(self) -> None:
        self._events: deque[Event] = deque(maxlen=WATCH_EVENTS)
        self._ready = asyncio.Event()
        self._is_closed = False

    def put(self, event: Event) -> None:
        """Add one; never waits."""
        self._events.append(event)
        self._ready.set()

    def close(self) -> None:
        """End the iteration, also one that waits now."""
        self._is_closed = True
        self._ready.set()

    async def iterate(self) -> AsyncIterator[Event]:
        """The events as they come, until `close`."""
        while not self._is_closed:
            while self._events:
                yield self._events.popleft()
            self._ready.clear()
            if not self._is_closed:
                await self._ready.wait()
