"""The head of one stored queue in memory, and the consumers that take from it."""

from __future__ import annotations

import asyncio
import bisect
import contextlib
import heapq
import time
from collections import deque
from collections.abc import Callable, Sequence
from datetime import UTC, datetime

import structlog

from crm_graphql.bus.embedded.store import MessageStore, Stored
from crm_graphql.bus.envelope import (
    UNDECODABLE_QUEUE,
    Reader,
    Undecodable,
    call_handler,
    retry_delay_seconds,
)
from crm_graphql.bus.port import BusError, Handler, Message
from crm_graphql.core.tasks import end_tasks

HEAD_MESSAGES = 5000
LOAD_GRACE_SECONDS = 2.0

log = structlog.get_logger(__name__)


class LocalQueue:
    """Messages beyond `_last` are only in the database; `_is_behind` says that there may be some.

    While nobody consumes, nothing is held in memory.
    """

    def __init__(self, name: str, store: MessageStore) -> None:
        self.name = name
        self.store = store
        self.handled = 0
        self._ready: deque[Stored] = deque()
        self._aside: list[tuple[float, int, Stored]] = []
        self._last = 0
        self._is_behind = True
        self._loading: asyncio.Task[None] | None = None
        self._wake = asyncio.Event()
        self._consumers = 0

    def join(self) -> None:
        """One more consumer takes from here."""
        self._consumers += 1

    async def leave(self) -> None:
        """One consumer less; with the last one everything in memory is forgotten."""
        self._consumers -= 1
        if not self._consumers and self._loading is not None:
            # A read that is cut off leaves its connection open: let it finish.
            await asyncio.wait([self._loading], timeout=LOAD_GRACE_SECONDS)
            await end_tasks([self._loading])
        # Another may have joined meanwhile; it goes on with what is here.
        if not self._consumers:
            self._ready.clear()
            self._aside.clear()
            self._last = 0
            self._is_behind = True

    def arrived(self, stored: list[Stored]) -> None:
        """These were appended. Called in the order of ids."""
        is_loading = self._loading is not None and not self._loading.done()
        if self._is_behind or is_loading or len(self._ready) >= HEAD_MESSAGES or not self._consumers:
            self._is_behind = True
        elif stored:
            self._ready.extend(stored)
            self._last = stored[-1].id
        self._wake.set()

    def doubted(self) -> None:
        """The database may hold more than is known here."""
        self._is_behind = True
        self._wake.set()

    def put_aside(self, stored: Stored, delay_seconds: float) -> None:
        """Take it again after the delay."""
        heapq.heappush(self._aside, (time.monotonic() + delay_seconds, stored.id, stored))
        self._wake.set()

    def give_back(self, stored: Stored) -> None:
        """It was taken and not handled; others take it, in its old place."""
        bisect.insort(self._ready, stored, key=lambda each: each.id)
        self._wake.set()

    async def take(self) -> Stored:
        """The next message; waits for one. Cancelling it loses none."""
        while True:
            while self._aside and self._aside[0][0] <= time.monotonic():
                self._ready.appendleft(heapq.heappop(self._aside)[2])
            if self._ready:
                return self._ready.popleft()
            if self._is_behind:
                if self._loading is None or self._loading.done():
                    self._loading = asyncio.create_task(self._load())
                # Not cut off when this consumer stops, nor its failure raised here.
                await asyncio.wait([self._loading])
                continue
            self._wake.clear()
            until_due = max(self._aside[0][0] - time.monotonic(), 0.001) if self._aside else None
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(until_due):
                    await self._wake.wait()

    async def _load(self) -> None:
        # What arrives from here on may or may not be in what is read, so it makes the queue behind again.
        self._is_behind = False
        try:
            found = await self.store.load(self.name, after=self._last)
        except asyncio.CancelledError:
            self._is_behind = True
            raise
        except Exception:
            self._is_behind = True
            log.exception("stored messages cannot be read", queue=self.name)
            await asyncio.sleep(1)
            return
        if not found:
            return
        self._is_behind = True
        self._last = found[-1].id
        now = datetime.now(UTC)
        for stored in found:
            if stored.due is not None and stored.due > now:
                self.put_aside(stored, (stored.due - now).total_seconds())
            else:
                self._ready.append(stored)
        self._wake.set()


class EmbeddedConsumer:
    """A running consumption of one queue."""

    def __init__(
        self,
        queue: LocalQueue,
        handler: Handler,
        *,
        prefetch: int,
        kinds: Sequence[type[Message]],
        retry_in_place: bool,
        on_stopped: Callable[[EmbeddedConsumer], None],
    ) -> None:
        self._queue = queue
        self._handler = handler
        self._reader = Reader(kinds)
        self._in_place = retry_in_place
        self._on_stopped = on_stopped
        self._slots = asyncio.Semaphore(prefetch)
        self._tasks: set[asyncio.Task[None]] = set()
        self._stopping = asyncio.Event()
        queue.join()
        self._taker = asyncio.create_task(self._take())

    async def _take(self) -> None:
        while True:
            await self._slots.acquire()
            # Nothing waits between taking a message and its task: a stop cannot lose one here.
            stored = await self._queue.take()
            if self._stopping.is_set():
                self._queue.give_back(stored)
                return
            self._queue.handled += 1
            task = asyncio.create_task(self._work(stored))
            self._tasks.add(task)
            task.add_done_callback(self._finished)

    def _finished(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        self._queue.handled -= 1
        self._slots.release()

    async def _work(self, stored: Stored) -> None:
        is_finished = False
        try:
            is_finished = await self._handle(stored)
        finally:
            if not is_finished:
                self._queue.give_back(stored)

    async def _handle(self, stored: Stored) -> bool:
        """Handle until it succeeds or is put aside; False to give it back."""
        try:
            envelope, message = self._reader.read(stored.body)
        except Undecodable as error:
            return await self._set_apart(stored, error)
        while True:
            try:
                await call_handler(self._handler, envelope, message)
            except Exception as error:
                stored.attempts += 1
                delay = retry_delay_seconds(stored.attempts)
                log.warning(
                    "message failed, will be tried again",
                    queue=self._queue.name,
                    kind=envelope.kind,
                    attempts=stored.attempts,
                    delay_seconds=delay,
                    error=f"{type(error).__name__}: {error}",
                    exc_info=stored.attempts == 1,
                )
            else:
                self._queue.store.delete(self._queue.name, stored)
                return True
            if not self._in_place:
                await self._queue.store.postpone(stored, delay)
                self._queue.put_aside(stored, delay)
                return True
            if await self._pause(delay):
                return False

    async def _set_apart(self, stored: Stored, error: Undecodable) -> bool:
        """Move it to the undecodable messages; False to give it back."""
        log.error("message cannot be decoded", queue=self._queue.name, reason=str(error))
        failures = 0
        while True:
            with contextlib.suppress(BusError):
                note = {"origin": self._queue.name, "reason": str(error)[:500]}
                await self._queue.store.append(UNDECODABLE_QUEUE, [stored.body], **note)
                self._queue.store.delete(self._queue.name, stored)
                return True
            failures += 1
            if await self._pause(retry_delay_seconds(failures)):
                return False

    async def _pause(self, seconds: float) -> bool:
        """Wait for the next try; True as soon as the consumer stops."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._stopping.wait()
        return self._stopping.is_set()

    async def stop(self, *, grace_seconds: float = 5.0) -> None:
        """Take no new message, let those under way finish for so long, give the others back."""
        if self._stopping.is_set():
            return
        self._stopping.set()
        self._on_stopped(self)
        await end_tasks([self._taker])
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=grace_seconds)
        await end_tasks(self._tasks)
        await self._queue.store.flush(timeout_seconds=grace_seconds)
        await self._queue.leave()
