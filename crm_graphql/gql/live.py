"""Live topics of one API process: one watch on the bus, one reader of the truth a topic, many listeners."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Awaitable, Callable
from typing import Any, Generic, TypeVar

import structlog

from crm_graphql.bus.port import Bus, BusError, Watch
from crm_graphql.core.weather import is_weather

log = structlog.get_logger()

FRAME_SECONDS = 0.1
"""The least time between two readings of a topic: changes in between are coalesced."""
POLL_SECONDS = 3.0
"""The truth is read this often even when no event came: events are hints that may be lost."""

State = TypeVar("State")
Read = Callable[[], Awaitable[State]]


class _Topic(Generic[State]):
    """The newest state of a topic, read at each hint and every few seconds while somebody listens."""

    def __init__(self, read: Read[State], revision_of: Callable[[State], Any]) -> None:
        self._read = read
        self._revision_of = revision_of
        self._hint = asyncio.Event()
        self._news = asyncio.Condition()
        self.listeners = 0
        self.state: State | None = None
        self.turn = 0

    def hint(self) -> None:
        self._hint.set()

    async def run(self) -> None:
        """Read while somebody listens. A reading that fails is tried again; a revision never goes back.

        It looks for listeners by itself: drivers lose a cancellation that comes in the moment of a result.
        """
        while self.listeners:
            try:
                state = await self._read()
            except Exception as error:
                if not is_weather(error):
                    log.exception("a live topic cannot be read")
                await asyncio.sleep(1.0)
                continue
            if self.state is None or self._revision_of(state) > self._revision_of(self.state):
                async with self._news:
                    self.state = state
                    self.turn += 1
                    self._news.notify_all()
            await asyncio.sleep(FRAME_SECONDS)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._hint.wait(), POLL_SECONDS)
            self._hint.clear()

    async def newer_than(self, turn: int) -> tuple[int, State]:
        """Wait for a state after `turn`; what came in between is skipped, newest wins."""
        async with self._news:
            await self._news.wait_for(lambda: self.turn > turn)
            assert self.state is not None
            return self.turn, self.state


class LiveHub:
    """Shares what is watched: identical topics have one reader, and only watched topics are bound."""

    def __init__(self, bus: Bus) -> None:
        self._bus = bus
        self._watch: Watch | None = None
        self._pump: asyncio.Task[None] | None = None
        self._topics: dict[str, dict[str, tuple[_Topic[Any], asyncio.Task[None]]]] = {}
        self._lock = asyncio.Lock()

    async def close(self) -> None:
        """Stop every reader and let go of the watch."""
        for readers in self._topics.values():
            for _, task in readers.values():
                task.cancel()
        self._topics.clear()
        if self._pump is not None:
            self._pump.cancel()
            await asyncio.gather(self._pump, return_exceptions=True)
        if self._watch is not None:
            await self._watch.close()

    def counts(self) -> tuple[int, int]:
        """How many topics are watched, and by how many listeners; for metrics and tests."""
        readers = [topic for named in self._topics.values() for topic, _ in named.values()]
        return len(self._topics), sum(topic.listeners for topic in readers)

    async def states(
        self, topic: str, view: str, read: Read[State], revision_of: Callable[[State], Any]
    ) -> AsyncGenerator[State, None]:
        """The state now, then each newer one (newest wins), for as long as the caller iterates.

        `view` names what `read` reads, so that listeners of the same view share one reading.
        """
        entry = await self._join(topic, view, read, revision_of)
        try:
            turn = 0
            while True:
                turn, state = await entry.newer_than(turn)
                yield state
        finally:
            await self._leave(topic, view)

    async def _join(
        self, topic: str, view: str, read: Read[State], revision_of: Callable[[State], Any]
    ) -> _Topic[State]:
        async with self._lock:
            await self._start()
            named = self._topics.setdefault(topic, {})
            if view not in named:
                # Bound before the first reading, so that no change falls between the two.
                await self._bind(topic)
                entry = _Topic(read, revision_of)
                named[view] = (entry, asyncio.create_task(entry.run(), name=f"live {topic} {view}"))
            entry = named[view][0]
            entry.listeners += 1
            return entry

    async def _leave(self, topic: str, view: str) -> None:
        async with self._lock:
            named = self._topics.get(topic, {})
            if view not in named:
                return
            entry, task = named[view]
            entry.listeners -= 1
            if entry.listeners:
                return
            task.cancel()
            del named[view]
            if not named:
                del self._topics[topic]
                if self._watch is not None:
                    with contextlib.suppress(BusError):
                        await self._watch.unbind(topic)

    async def _start(self) -> None:
        if self._watch is None:
            self._watch = await self._bus.watch()
            self._pump = asyncio.create_task(self._forward(self._watch), name="live events")

    async def _bind(self, topic: str) -> None:
        assert self._watch is not None
        try:
            await self._watch.bind(topic)
        except BusError:
            # Without the broker the regular readings carry on alone.
            log.warning("a live topic could not be bound", topic=topic)

    async def _forward(self, watch: Watch) -> None:
        async for event in watch:
            for entry, _ in self._topics.get(event.topic, {}).values():
                entry.hint()
