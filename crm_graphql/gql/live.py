"""Live topics of one API process: one watch on the bus, one reader of the truth a topic, many listeners."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Callable, Coroutine
from typing import Any, Generic, NamedTuple, TypeVar

import structlog

from crm_graphql.bus.port import Bus, BusError, Watch
from crm_graphql.core.tasks import cancel_surely, end_tasks
from crm_graphql.mongo.transient import is_transient

log = structlog.get_logger()

FRAME_SECONDS = 0.1
"""The least time between two readings of a topic: changes in between are coalesced."""
POLL_SECONDS = 3.0
"""The truth is read this often even when no event came: events are hints that may be lost."""

State = TypeVar("State")
Kept = TypeVar("Kept")
Read = Callable[[], Coroutine[Any, Any, State]]


class _Topic(Generic[State]):
    """The newest state of a topic, read at each hint and every few seconds while somebody listens."""

    def __init__(self, read: Read[State], revision_of: Callable[[State], Any]) -> None:
        self._read = read
        self._revision_of = revision_of
        self._hint = asyncio.Event()
        self._news = asyncio.Event()
        self._state: State | None = None
        self._turn = 0
        self.listeners = 0

    def hint(self) -> None:
        """Something has changed."""
        self._hint.set()

    async def run(self) -> None:
        """Read while somebody listens. A reading that fails is tried again; a revision never goes back."""
        while self.listeners:
            try:
                # Not cut off in the middle: that would cost the driver its connection.
                state = await asyncio.shield(self._read())
            except Exception as error:
                if not is_transient(error):
                    log.exception("a live topic cannot be read")
                await asyncio.sleep(1.0)
                continue
            if self._state is None or self._revision_of(state) > self._revision_of(self._state):
                self._state = state
                self._turn += 1
                news, self._news = self._news, asyncio.Event()
                news.set()
            await asyncio.sleep(FRAME_SECONDS)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._hint.wait(), POLL_SECONDS)
            self._hint.clear()

    async def newer_than(self, turn: int) -> tuple[int, State]:
        """Wait for a state after `turn`; what came in between is skipped, newest wins."""
        while self._turn <= turn:
            await self._news.wait()
        assert self._state is not None
        return self._turn, self._state


class _Reader(NamedTuple):
    topic: _Topic[Any]
    task: asyncio.Task[None]


class LiveHub:
    """Shares what is watched: identical topics have one reader, and only watched topics are bound."""

    def __init__(self, bus: Bus) -> None:
        self._bus = bus
        self._watch: Watch | None = None
        self._pump: asyncio.Task[None] | None = None
        self._topics: dict[str, dict[str, _Reader]] = {}
        self._kept: dict[str, Any] = {}
        self._unbinding: set[asyncio.Task[None]] = set()
        # Of binding and unbinding: a topic that is watched again must not lose its binding to the last leave.
        self._lock = asyncio.Lock()

    async def close(self) -> None:
        """Stop every reader and let go of the watch."""
        readers = [reader.task for named in self._topics.values() for reader in named.values()]
        self._topics.clear()
        await end_tasks([*readers, *self._unbinding, *([self._pump] if self._pump else [])])
        if self._watch is not None:
            await self._watch.close()

    def counts(self) -> tuple[int, int]:
        """How many topics are watched, and by how many listeners; for metrics and tests."""
        readers = [reader for named in self._topics.values() for reader in named.values()]
        return len(self._topics), sum(reader.topic.listeners for reader in readers)

    def keep(self, name: str, make: Callable[[], Kept]) -> Kept:
        """What all listeners of this process share under a name; made for the first of them."""
        if name not in self._kept:
            self._kept[name] = make()
        kept: Kept = self._kept[name]
        return kept

    async def states(
        self, topic: str, view: str, read: Read[State], revision_of: Callable[[State], Any]
    ) -> AsyncGenerator[State, None]:
        """The state now, then each newer one (newest wins), for as long as the caller iterates.

        `view` names what `read` reads, so that listeners of the same view share one reading.
        """
        if view not in self._topics.get(topic, {}):
            await self._open(topic)
        # No pause from here to `try`: what is counted is always given back.
        joined = self._join(topic, view, read, revision_of)
        try:
            turn = 0
            while True:
                turn, state = await joined.newer_than(turn)
                yield state
        finally:
            self._leave(topic, view)

    async def _open(self, topic: str) -> None:
        """Bind the topic before its first reading, so that no change falls between the two."""
        try:
            async with self._lock:
                if self._watch is None:
                    self._watch = await self._bus.watch()
                    self._pump = asyncio.create_task(self._forward(self._watch), name="live events")
                await self._watch.bind(topic)
        except BusError:
            # Without the broker the regular readings carry on alone.
            log.warning("a live topic could not be bound", topic=topic)
        except asyncio.CancelledError:
            self._unbind_later(topic)
            raise

    def _join(
        self, topic: str, view: str, read: Read[State], revision_of: Callable[[State], Any]
    ) -> _Topic[State]:
        named = self._topics.setdefault(topic, {})
        if view not in named:
            made = _Topic(read, revision_of)
            named[view] = _Reader(made, asyncio.create_task(made.run(), name=f"live {topic} {view}"))
        joined = named[view].topic
        joined.listeners += 1
        return joined

    def _leave(self, topic: str, view: str) -> None:
        named = self._topics.get(topic, {})
        if view not in named:  # closed meanwhile
            return
        reader = named[view]
        reader.topic.listeners -= 1
        if reader.topic.listeners:
            return
        cancel_surely(reader.task)
        del named[view]
        if not named:
            del self._topics[topic]
            self._unbind_later(topic)

    def _unbind_later(self, topic: str) -> None:
        task = asyncio.create_task(self._unbind(topic), name=f"unbind {topic}")
        self._unbinding.add(task)
        task.add_done_callback(self._unbinding.discard)

    async def _unbind(self, topic: str) -> None:
        async with self._lock:
            if topic not in self._topics and self._watch is not None:
                with contextlib.suppress(BusError):
                    await self._watch.unbind(topic)

    async def _forward(self, watch: Watch) -> None:
        async for event in watch:
            for reader in self._topics.get(event.topic, {}).values():
                reader.topic.hint()
