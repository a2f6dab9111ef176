"""The bus of one process: messages kept in MongoDB until they are acknowledged, events in memory."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from typing import Any

from pymongo.asynchronous.database import AsyncDatabase

from crm_graphql.bus.embedded.queue import EmbeddedConsumer, LocalQueue
from crm_graphql.bus.embedded.store import MessageStore, Stored
from crm_graphql.bus.envelope import UNDECODABLE_QUEUE, encode
from crm_graphql.bus.port import BusError, Event, Handler, Message, Queue, UndeclaredQueue
from crm_graphql.bus.watching import EventBuffer


class EmbeddedWatch:
    """A watch within the process."""

    def __init__(self, on_closed: Callable[[EmbeddedWatch], None]) -> None:
        self._on_closed = on_closed
        self._topics: set[str] = set()
        self._buffer = EventBuffer()

    async def bind(self, topic: str) -> None:
        """Also receive events of `topic`."""
        self._topics.add(topic)

    async def unbind(self, topic: str) -> None:
        """No longer receive events of `topic`."""
        self._topics.discard(topic)

    def offer(self, event: Event) -> None:
        """Take the event if its topic is bound."""
        if event.topic in self._topics:
            self._buffer.put(event)

    def __aiter__(self) -> AsyncIterator[Event]:
        return self._buffer.iterate()

    async def close(self) -> None:
        """End the iteration."""
        self._on_closed(self)
        self._buffer.close()


class EmbeddedBus:
    """`Bus` for exactly one process on a database: what another process publishes is found only at the next
    start. A message of a process that died is delivered again when the next one consumes."""

    def __init__(
        self, database: AsyncDatabase[dict[str, Any]], *, publish_deadline_seconds: float = 5.0
    ) -> None:
        self._store = MessageStore(database, self, deadline_seconds=publish_deadline_seconds)
        self._queues: dict[str, LocalQueue] = {}
        self._consumers: set[EmbeddedConsumer] = set()
        self._watches: set[EmbeddedWatch] = set()
        self._is_open = False

    async def open(self) -> None:
        """Make the index; waits while MongoDB is away."""
        await self._store.open()
        self._is_open = True
        await self.declare([UNDECODABLE_QUEUE])

    async def close(self) -> None:
        """Stop all consumers and watches."""
        self._is_open = False
        await asyncio.gather(*(consumer.stop() for consumer in list(self._consumers)))
        for watch in list(self._watches):
            await watch.close()
        await self._store.close()

    async def declare(self, queues: Sequence[str]) -> None:
        """Know the queues; nothing is stored for it."""
        for name in queues:
            self._queues.setdefault(name, LocalQueue(name, self._store))

    async def publish(self, queue: Queue, *messages: Message) -> None:
        """Store all in one insert, then wake the consumer."""
        if queue not in self._queues:
            raise UndeclaredQueue(f"There is no queue {queue!r}: name it in the `messages` of its domain.")
        await self._store.append(queue, [encode(message)[1] for message in messages])

    def arrived(self, queue: str, stored: list[Stored]) -> None:
        """The store has taken messages."""
        self._queues[queue].arrived(stored)

    def doubted(self, queue: str) -> None:
        """The store may have taken messages."""
        self._queues[queue].doubted()

    async def consume(
        self,
        queue: str,
        handler: Handler,
        *,
        prefetch: int = 1,
        kinds: Sequence[type[Message]],
        retry_in_place: bool = False,
    ) -> EmbeddedConsumer:
        """Begin with everything that is stored. Makes the queue if it is missing."""
        await self.declare([queue])
        consumer = EmbeddedConsumer(
            self._queues[queue],
            handler,
            prefetch=prefetch,
            kinds=kinds,
            retry_in_place=retry_in_place,
            on_stopped=self._consumers.discard,
        )
        self._consumers.add(consumer)
        return consumer

    async def broadcast(self, event: Event) -> None:
        """Give it to the watches of this process."""
        for watch in self._watches:
            watch.offer(event)

    async def watch(self) -> EmbeddedWatch:
        """A new watch with no topic bound."""
        watch = EmbeddedWatch(self._watches.discard)
        self._watches.add(watch)
        return watch

    async def depth(self, queue: str) -> int:
        """Messages stored in `queue`, those that wait for a retry included, less those being handled."""
        if queue not in self._queues:
            raise BusError(f"There is no queue {queue!r}: declare it first.")
        stored = await self._store.count(queue)
        return max(0, stored - self._queues[queue].handled)

    async def is_ready(self) -> bool:
        """Whether it is open."""
        return self._is_open
