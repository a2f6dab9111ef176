"""What the contract suite needs of each adapter's outside: take it away, bring it back, put bytes into it."""

from __future__ import annotations

import asyncio
import sys
import time
import uuid
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any, ClassVar

import aio_pika
from bson import Int64
from pymongo import AsyncMongoClient

from crm_graphql.bus.embedded.bus import EmbeddedBus
from crm_graphql.bus.port import Bus, Message, Queue
from crm_graphql.bus.rabbitmq.bus import RabbitBus
from crm_graphql.local.mongod import Mongod
from tests.servers.rabbitmq import RabbitNode

DEADLINE_SECONDS = 6.0
WORK = Queue("work")


class Numbered(Message, frozen=True, kw_only=True):
    """A message of the suite."""

    kind: ClassVar[str] = "test.numbered"

    n: int


def numbered(numbers: Sequence[int]) -> list[Numbered]:
    """One message a number."""
    return [Numbered(n=n) for n in numbers]


class Collector:
    """A handler that notes what it gets and when, and fails as often as `fails` says."""

    def __init__(self, fails: dict[int, int] | None = None, *, seconds: float = 0.0) -> None:
        self.numbers: list[int] = []
        self.tries: dict[int, list[float]] = {}
        self.running = 0
        self.most_running = 0
        self._fails = dict(fails or {})
        self._seconds = seconds

    async def __call__(self, message: Message) -> None:
        """Handle one."""
        assert isinstance(message, Numbered)
        self.tries.setdefault(message.n, []).append(time.monotonic())
        if self._fails.get(message.n, 0) > 0:
            self._fails[message.n] -= 1
            raise ValueError(f"number {message.n} fails")
        self.running += 1
        self.most_running = max(self.most_running, self.running)
        try:
            await asyncio.sleep(self._seconds)
        finally:
            self.running -= 1
        self.numbers.append(message.n)

    def delays(self, n: int) -> list[float]:
        """Seconds between the tries of one number."""
        tries = self.tries[n]
        return [later - earlier for earlier, later in pairwise(tries)]


async def eventually(holds: Callable[[], bool], *, seconds: float = 10.0) -> None:
    """Wait until `holds`; fail after so long."""
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, "it did not come true in time"
        await asyncio.sleep(0.01)


class Broker(ABC):
    """The outside of one adapter."""

    name: str

    def __init__(self) -> None:
        self._buses: list[Bus] = []

    @abstractmethod
    def _make(self) -> Bus: ...

    @abstractmethod
    def process_arguments(self) -> list[str]:
        """What `python -m tests.bus.consumer_process` needs to reach the same queues."""

    @abstractmethod
    async def put_bytes(self, queue: str, body: bytes) -> None:
        """Put what no release of this product has published into a queue."""

    @abstractmethod
    async def undecodable(self) -> list[tuple[bytes, str]]:
        """Bodies and reasons of the undecodable messages."""

    @abstractmethod
    def take_away(self) -> None:
        """End the server as a power cut would."""

    @abstractmethod
    def bring_back(self) -> None:
        """Start it again with its data."""

    async def open(self) -> Bus:
        """A new bus on the same queues."""
        bus = self._make()
        self._buses.append(bus)
        await bus.open()
        return bus

    async def close(self) -> None:
        """Close all that was opened."""
        for bus in self._buses:
            await bus.close()

    async def start_consumer_process(self, *options: str) -> asyncio.subprocess.Process:
        """A real process that consumes the queue `work`."""
        return await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "tests.bus.consumer_process", *self.process_arguments(), *options),
            cwd=Path(__file__).parents[2],
            stdout=asyncio.subprocess.PIPE,
        )


class RabbitBroker(Broker):
    """A private node, with a prefix of its own for each test."""

    name = "rabbitmq"

    def __init__(self, node: RabbitNode) -> None:
        super().__init__()
        self.node = node
        self.prefix = f"t{uuid.uuid4().hex[:8]}"

    def _make(self) -> RabbitBus:
        return RabbitBus(self.node.url, prefix=self.prefix, publish_deadline_seconds=DEADLINE_SECONDS)

    def process_arguments(self) -> list[str]:
        return ["rabbitmq", self.node.url, self.prefix]

    async def put_bytes(self, queue: str, body: bytes) -> None:
        async with await aio_pika.connect(self.node.url) as connection, connection.channel() as channel:
            await channel.default_exchange.publish(aio_pika.Message(body), f"{self.prefix}.{queue}")

    async def delete_queue(self, queue: str) -> None:
        """Delete it under its consumers."""
        async with await aio_pika.connect(self.node.url) as connection, connection.channel() as channel:
            await channel.queue_delete(f"{self.prefix}.{queue}")

    async def undecodable(self) -> list[tuple[bytes, str]]:
        found = []
        async with await aio_pika.connect(self.node.url) as connection, connection.channel() as channel:
            queue = await channel.get_queue(f"{self.prefix}.undecodable")
            while message := await queue.get(fail=False):
                await message.ack()
                found.append((message.body, str(message.headers["x-crm-reason"])))
        return found

    def take_away(self) -> None:
        self.node.kill()

    def bring_back(self) -> None:
        self.node.start()


class EmbeddedBroker(Broker):
    """A private MongoDB, with a database of its own for each test."""

    name = "embedded"

    def __init__(self, server: Mongod) -> None:
        super().__init__()
        self.server = server
        self.database = f"t{uuid.uuid4().hex[:8]}"
        self._client: AsyncMongoClient[dict[str, Any]] = AsyncMongoClient(
            server.url, tz_aware=True, w="majority", readConcernLevel="majority"
        )

    def _make(self) -> EmbeddedBus:
        return EmbeddedBus(self._client[self.database], publish_deadline_seconds=DEADLINE_SECONDS)

    def process_arguments(self) -> list[str]:
        return ["embedded", self.server.url, self.database]

    async def put_bytes(self, queue: str, body: bytes) -> None:
        # Before a consumer starts: no other process may put anything there while one runs.
        document = {"_id": Int64(time.time_ns()), "queue": queue, "body": body}
        await self._client[self.database]["bus_messages"].insert_one(document)

    async def undecodable(self) -> list[tuple[bytes, str]]:
        messages = self._client[self.database]["bus_messages"].find({"queue": "undecodable"})
        return [(message["body"], message["reason"]) async for message in messages]

    async def close(self) -> None:
        await super().close()
        await self._client.drop_database(self.database)
        await self._client.close()

    def take_away(self) -> None:
        self.server.kill()

    def bring_back(self) -> None:
        self.server.start()
