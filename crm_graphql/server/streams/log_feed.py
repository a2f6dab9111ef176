"""Resumable subscriptions: each listener catches up by itself, then shares the log's end with the others."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import aclosing
from functools import partial
from typing import Any

from crm_graphql.core.tasks import cancel_surely
from crm_graphql.gql.changelog import ChangeLog
from crm_graphql.gql.context import Context
from crm_graphql.mongo.transient import is_transient
from crm_graphql.server.engine import Answer, Engine, Source
from crm_graphql.server.operations.preparing import Operation
from crm_graphql.server.streams.snapshots import Listener, failure, fan_out

AGAIN_SECONDS = 1.0
"""How long after a failure of the database the same page is asked for again."""


async def _page(log: ChangeLog[Any, Any], after: Any, up_to: Any) -> tuple[Any, Any] | None:
    """The log's next page; waits for a database that is away."""
    while True:
        try:
            return await asyncio.shield(log.page(after, up_to))
        except Exception as error:
            if not is_transient(error):
                raise
            await asyncio.sleep(AGAIN_SECONDS)


class LogTail:
    """The growing end of a log: each new page is executed and encoded once for all readers that are there.

    `place` is how far it has come; a reader at that place joins and misses nothing.
    """

    def __init__(
        self, engine: Engine, source: Source, log: ChangeLog[Any, Any], on_end: Callable[[], None]
    ) -> None:
        self._engine = engine
        self._source = source
        self._log = log
        self._on_end = on_end
        self._users: set[LogReader] = set()
        self._live: dict[LogReader, None] = {}
        self._known = asyncio.Event()
        self.place: Any = None
        self.task = asyncio.create_task(self._run(), name="log tail")

    async def known_place(self) -> Any:
        """How far it has come; waits for its first look at the log."""
        await self._known.wait()
        return self.place

    def use(self, reader: LogReader) -> None:
        """Keep going for the reader, which is not yet here."""
        self._users.add(reader)

    def join(self, reader: LogReader) -> None:
        """Feed the reader, which has come to `place`."""
        self._live[reader] = None

    def leave(self, reader: LogReader) -> None:
        """Forget the reader; the last one ends the tail."""
        self._live.pop(reader, None)
        self._users.discard(reader)
        if not self._users and not self.task.done():
            self._on_end()
            cancel_surely(self.task)

    async def _run(self) -> None:
        try:
            async with aclosing(self._log.heads()) as heads:  # type: ignore[type-var]
                async for head in heads:
                    if not self._users:
                        return
                    if self.place is None:
                        self.place = head
                        self._known.set()
                    await self._read_to(head)
            self._end(lambda reader: reader.listener.complete())
        except Exception as error:
            failed = failure(error, self._source.executor.context_value)
            self._end(lambda reader: reader.listener.refused(failed))

    async def _read_to(self, head: Any) -> None:
        while (found := await _page(self._log, self.place, head)) is not None:
            event, place = found
            payload = (await self._engine.event(self._source, event)).encode() if self._live else b""
            # From here on a reader that comes to this place by itself has this page already.
            after, self.place = self.place, place
            await fan_out(self._live, partial(self._feed, payload, after))
        self.place = max(self.place, head)
        for reader in self._live:
            # Some are further: they came when the tail had not yet looked.
            reader.place = max(reader.place, self.place)

    def _feed(self, payload: bytes, after: Any, reader: LogReader) -> None:
        if reader.place >= self.place:
            return
        # One that came further than this page's beginning would be told a part of it twice.
        if reader.place <= after and reader.listener.has_room:
            reader.listener.append(payload)
            reader.place = self.place
        else:
            self._live.pop(reader, None)
            reader.fall_behind()

    def _end(self, tell: Callable[[LogReader], None]) -> None:
        self._on_end()
        self._known.set()
        users, self._users = self._users, set()
        self._live.clear()
        for reader in users:
            reader.end()
            tell(reader)


class LogReader:
    """One listener's way through a log.

    It reads by itself from the place that it asked for, or where it was when its connection took no more;
    once it has come to the tail's place, it is fed from there and costs nothing of its own.
    """

    def __init__(
        self,
        engine: Engine,
        operation: Operation,
        context: Context,
        listener: Listener,
        tail_of: Callable[[Source, ChangeLog[Any, Any]], LogTail],
    ) -> None:
        self._engine = engine
        self._tail_of = tail_of
        self._tail: LogTail | None = None
        self._source: Source | None = None
        self._context = context
        self._left = False
        self._told = False
        self.listener = listener
        self.place: Any = None
        self._task = asyncio.create_task(self._guarded(partial(self._open, operation)), name="log reader")

    def leave(self) -> None:
        """Read no further. Idempotent."""
        self.end()
        if self._tail is not None:
            self._tail.leave(self)

    def end(self) -> None:
        """Stop what it does by itself."""
        self._left = True
        cancel_surely(self._task)

    def fall_behind(self) -> None:
        """The connection takes no more: go on alone from here, when it does."""
        if not self._left:
            self._task = asyncio.create_task(self._guarded(self._catch_up), name="log reader")

    async def _guarded(self, work: Callable[[], Awaitable[None]]) -> None:
        try:
            await work()
        except Exception as error:
            self.leave()
            self.listener.refused(failure(error, self._context))

    async def _open(self, operation: Operation) -> None:
        opened = await self._engine.open(operation, self._context)
        if isinstance(opened, Answer):
            return self.listener.refused(opened)
        log = opened.events
        assert isinstance(log, ChangeLog)
        self._source = opened
        self.place = log.start
        if log.opening is not None:
            await self._send(log.opening)
        self._tail = self._tail_of(opened, log)
        self._tail.use(self)
        return await self._catch_up()

    async def _catch_up(self) -> None:
        assert self._source is not None
        assert self._tail is not None
        log = self._source.events
        assert isinstance(log, ChangeLog)
        await self._tail.known_place()
        while not self._left:
            # The tail may lag behind what was there when this reader came.
            target = max(self._tail.place, log.newest)
            # The comparison and the join happen without a pause between them.
            if self.place < target:
                await self._read_on(log, target)
            elif not self._told and (event := log.caught_up(self.place)) is not None:
                await self._send(event)
            else:
                return self._tail.join(self)
        return None

    async def _read_on(self, log: ChangeLog[Any, Any], target: Any) -> None:
        await self.listener.room()
        found = await _page(log, self.place, target)
        if found is None:
            self.place = target
        else:
            event, place = found
            await self._send(event)
            self.place = place

    async def _send(self, event: object) -> None:
        assert self._source is not None
        self._told = True
        self.listener.append((await self._engine.event(self._source, event)).encode())
