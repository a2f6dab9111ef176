"""Messages of the embedded bus in MongoDB: appended and deleted in batches, in the order of publishing."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable, Iterable
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import islice
from typing import Any, Protocol

import pymongo
import structlog
from bson import Int64
from msgspec import Struct
from pymongo.asynchronous.database import AsyncDatabase
from pymongo.errors import PyMongoError

from crm_graphql.bus.port import BusError
from crm_graphql.core.tasks import end_tasks

COLLECTION = "bus_messages"
BATCH = 1000
CLOSE_SECONDS = 2.0
WEATHER_SECONDS = (0.1, 2.0)

log = structlog.get_logger(__name__)


class Stored(Struct):
    """One message that is not acknowledged. `due` is set while it waits for a retry."""

    id: int
    body: bytes
    attempts: int = 0
    due: datetime | None = None


class _Append(Struct):
    queue: str
    stored: list[Stored]
    note: dict[str, Any]
    done: asyncio.Future[None]


class Listener(Protocol):
    """Hears of appends in the order of ids."""

    def arrived(self, queue: str, stored: list[Stored]) -> None:
        """These are durable now."""

    def doubted(self, queue: str) -> None:
        """An append failed, and may be in the database all the same."""


class MessageStore:
    """Appends of all publishers go through one writer, so ids are in the database in ascending order: who has
    read up to an id never misses a smaller one."""

    def __init__(
        self, database: AsyncDatabase[dict[str, Any]], listener: Listener, *, deadline_seconds: float
    ) -> None:
        self._collection = database[COLLECTION]
        self._listener = listener
        self._deadline = deadline_seconds
        self._last_id = 0
        self._is_closing = False
        self._appends: list[_Append] = []
        self._append_wake = asyncio.Event()
        # Acknowledged and not yet deleted, with their queue.
        self._deletes: dict[int, str] = {}
        self._delete_wake = asyncio.Event()
        self._deletes_flushed = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []

    async def open(self) -> None:
        """Make the index and go on after the greatest id. Waits without end for MongoDB."""
        # Serves `load` and `count`: equality on queue, range and sort on _id.
        await through_transient_errors(lambda: self._collection.create_index([("queue", 1), ("_id", 1)]))
        newest = await through_transient_errors(
            lambda: self._collection.find_one(sort=[("_id", -1)], projection=["_id"])
        )
        self._last_id = newest["_id"] if newest else 0
        self._tasks = [asyncio.create_task(self._write_appends()), asyncio.create_task(self._write_deletes())]

    async def close(self) -> None:
        """Write what is acknowledged, if MongoDB takes it within a moment, and end."""
        self._is_closing = True
        self._append_wake.set()
        self._delete_wake.set()
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=CLOSE_SECONDS)
        await end_tasks(self._tasks)
        self._tasks = []
        for append in self._appends:
            append.done.set_exception(BusError("The bus was closed."))
        self._appends = []

    def _next_id(self) -> int:
        # Time keeps ids ascending over processes, also when the collection was emptied between.
        self._last_id = max(self._last_id + 1, time.time_ns())
        return self._last_id

    async def append(self, queue: str, bodies: Iterable[bytes], **note: str) -> None:
        """Durable when it returns (write concern majority); `note` is kept for people. Raises BusError after
        the deadline."""
        if not self._tasks or self._is_closing:
            raise BusError("The bus is not open.")
        stored = [Stored(self._next_id(), body) for body in bodies]
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        # A publisher that was cancelled never looks at it.
        done.add_done_callback(lambda future: future.cancelled() or future.exception())
        self._appends.append(_Append(queue, stored, note, done))
        self._append_wake.set()
        await asyncio.shield(done)

    async def _write_appends(self) -> None:
        while self._appends or not self._is_closing:
            await self._append_wake.wait()
            self._append_wake.clear()
            batch, self._appends = self._appends, []
            documents = [
                {"_id": Int64(each.id), "queue": append.queue, "body": each.body, **append.note}
                for append in batch
                for each in append.stored
            ]
            try:
                if documents:
                    with pymongo.timeout(self._deadline):
                        await self._collection.insert_many(documents, ordered=True)
            except BaseException as failure:
                error = BusError(f"MongoDB did not take the messages: {type(failure).__name__}")
                for append in batch:
                    self._listener.doubted(append.queue)
                    append.done.set_exception(error)
                if not isinstance(failure, PyMongoError):
                    raise
            else:
                for append in batch:
                    self._listener.arrived(append.queue, append.stored)
                    append.done.set_result(None)

    def delete(self, queue: str, stored: Stored) -> None:
        """Acknowledge: it is deleted within a moment, as soon as MongoDB takes it."""
        self._deletes[stored.id] = queue
        self._deletes_flushed.clear()
        self._delete_wake.set()

    async def _write_deletes(self) -> None:
        while self._deletes or not self._is_closing:
            await self._delete_wake.wait()
            self._delete_wake.clear()
            while self._deletes:
                batch = [Int64(stored_id) for stored_id in islice(self._deletes, BATCH)]
                await through_transient_errors(partial(self._collection.delete_many, {"_id": {"$in": batch}}))
                for stored_id in batch:
                    del self._deletes[stored_id]
            self._deletes_flushed.set()

    async def flush(self, *, timeout_seconds: float) -> None:
        """Wait until acknowledged messages are deleted, at most so long."""
        if self._deletes:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(timeout_seconds):
                    await self._deletes_flushed.wait()

    async def load(self, queue: str, *, after: int) -> list[Stored]:
        """The next messages beyond an id, those already acknowledged left out. An empty list: no more.
        Waits without end for MongoDB."""
        while documents := await through_transient_errors(partial(self._read, queue, after)):
            after = documents[-1]["_id"]
            found = [_stored(each) for each in documents if each["_id"] not in self._deletes]
            if found:
                return found
        return []

    async def _read(self, queue: str, after: int) -> list[dict[str, Any]]:
        cursor = self._collection.find({"queue": queue, "_id": {"$gt": after}}).sort("_id", 1).limit(BATCH)
        return await cursor.to_list()

    async def postpone(self, stored: Stored, delay_seconds: float) -> None:
        """Keep the number of attempts and the time of the next one, for a process that takes over."""
        stored.due = datetime.now(UTC) + timedelta(seconds=delay_seconds)
        update = {"$set": {"attempts": stored.attempts, "due": stored.due}}
        try:
            with pymongo.timeout(self._deadline):
                await self._collection.update_one({"_id": Int64(stored.id)}, update)
        except PyMongoError as error:
            # Only a process that took over now would try it at once.
            log.warning("a retry could not be noted", error=type(error).__name__)

    async def count(self, queue: str) -> int:
        """Messages of the queue that are not acknowledged. Raises BusError."""
        try:
            with pymongo.timeout(self._deadline):
                counted = await self._collection.count_documents({"queue": queue})
        except PyMongoError as error:
            raise BusError(f"MongoDB does not answer: {type(error).__name__}") from error
        return counted - sum(waiting == queue for waiting in self._deletes.values())


async def through_transient_errors(call: Callable[[], Awaitable[Any]]) -> Any:
    """The result of `call`, tried again without end while MongoDB is away."""
    failures = 0
    while True:
        try:
            with pymongo.timeout(10.0):
                return await call()
        except PyMongoError as error:
            low, high = WEATHER_SECONDS
            if failures % 20 == 0:
                log.warning("MongoDB is away, the bus waits", error=type(error).__name__)
            await asyncio.sleep(min(high, low * 2 ** min(failures, 10)))
            failures += 1


def _stored(document: dict[str, Any]) -> Stored:
    return Stored(document["_id"], document["body"], document.get("attempts", 0), document.get("due"))
