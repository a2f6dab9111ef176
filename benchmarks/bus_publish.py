"""How many small messages a second can be published durably, against the client library alone?

Run: python -m benchmarks.bus_publish [--messages 5000]

RabbitMQ: `RabbitBus.publish` in batches of 500, against aio-pika publishing the same bytes to a quorum queue
with gathered confirms on one bare channel. Embedded: `EmbeddedBus.publish`, against `insert_many` of the same
documents. Also from publish to the end of a handler that does nothing, prefetch 100. Private servers.
"""

from __future__ import annotations

import argparse
import asyncio
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, ClassVar

import aio_pika
from pymongo import AsyncMongoClient

from crm_graphql.bus.embedded.bus import EmbeddedBus
from crm_graphql.bus.envelope import encode
from crm_graphql.bus.port import Bus, Message, Queue
from crm_graphql.bus.rabbitmq.bus import RabbitBus
from crm_graphql.local.mongod import Mongod
from tests.servers.rabbitmq import RabbitNode

BATCH = 500
ROUNDS = 3


class Sample(Message, frozen=True, kw_only=True):
    """About 200 bytes on the wire."""

    kind: ClassVar[str] = "benchmark.sample"

    n: int
    ingestion_id: str = "0123456789abcdef01234567"
    padding: str = "x" * 40


async def rate(messages: int, publish: Callable[[list[Sample]], Awaitable[object]]) -> float:
    """Messages a second, batch after batch."""
    began = time.perf_counter()
    for start in range(0, messages, BATCH):
        await publish([Sample(n=n) for n in range(start, start + BATCH)])
    return messages / (time.perf_counter() - began)


async def rate_through(bus: Bus, messages: int) -> float:
    """Messages a second from publish to handled, one publisher and one consumer in this process."""
    await bus.declare(["through"])
    done = asyncio.Event()
    seen = 0

    async def handle(_message: Message) -> None:
        nonlocal seen
        seen += 1
        if seen == messages:
            done.set()

    began = time.perf_counter()
    consumer = await bus.consume("through", handle, prefetch=100, kinds=[Sample])
    for start in range(0, messages, BATCH):
        await bus.publish(Queue("through"), *[Sample(n=n) for n in range(start, start + BATCH)])
    await done.wait()
    taken = time.perf_counter() - began
    await consumer.stop()
    return messages / taken


def report(name: str, ours: list[float], raw: list[float], raw_name: str, through: float) -> None:
    """Best of the rounds, for other work on the machine only ever slows."""
    best, limit = max(ours), max(raw)
    print(f"{name}: publish {best:,.0f} messages/s; {raw_name} {limit:,.0f}/s; ratio {best / limit:.2f}")
    print(f"{name}: publish to handled {through:,.0f} messages/s")


async def measure_rabbitmq(folder: Path, messages: int) -> None:
    """Ours and bare, in turn, on one private node."""
    node = RabbitNode(folder)
    node.start()
    try:
        bus = RabbitBus(node.url, prefix="bench", publish_deadline_seconds=30.0)
        await bus.open()
        await bus.declare(["ours"])
        ours, raw = [], []
        async with await aio_pika.connect(node.url) as connection:
            channel = await connection.channel(on_return_raises=True)
            await channel.declare_queue("bare", durable=True, arguments={"x-queue-type": "quorum"})

            async def publish_bare(batch: list[Sample]) -> None:
                await asyncio.gather(
                    *(
                        channel.default_exchange.publish(
                            aio_pika.Message(
                                encode(sample)[1], delivery_mode=aio_pika.DeliveryMode.PERSISTENT
                            ),
                            "bare",
                        )
                        for sample in batch
                    )
                )

            for _ in range(ROUNDS):
                ours.append(await rate(messages, lambda batch: bus.publish(Queue("ours"), *batch)))
                raw.append(await rate(messages, publish_bare))
        through = await rate_through(bus, messages)
        report("rabbitmq", ours, raw, "aio-pika alone", through)
        await bus.close()
    finally:
        node.close()


async def measure_embedded(folder: Path, messages: int) -> None:
    """Ours and bare, in turn, on one private MongoDB."""
    server = Mongod(folder, cache_gb=0.5)
    server.start()
    client: AsyncMongoClient[dict[str, Any]] = AsyncMongoClient(server.url, tz_aware=True, w="majority")
    try:
        bus = EmbeddedBus(client["bench"])
        await bus.open()
        await bus.declare(["ours"])
        bare = client["bench"]["bare"]
        await bare.create_index([("queue", 1), ("_id", 1)])
        ours, raw = [], []

        async def insert_bare(batch: list[Sample]) -> None:
            now = time.time_ns()
            await bare.insert_many(
                [{"_id": now + k, "queue": "bare", "body": encode(each)[1]} for k, each in enumerate(batch)]
            )

        for _ in range(ROUNDS):
            ours.append(await rate(messages, lambda batch: bus.publish(Queue("ours"), *batch)))
            raw.append(await rate(messages, insert_bare))
        through = await rate_through(bus, messages)
        report("embedded", ours, raw, "insert_many alone", through)
        await bus.close()
    finally:
        await client.close()
        server.kill()


async def main(messages: int) -> None:
    """Both buses, one after the other."""
    with tempfile.TemporaryDirectory() as folder:
        await measure_rabbitmq(Path(folder) / "rabbitmq", messages)
        await measure_embedded(Path(folder) / "mongod", messages)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--messages", type=int, default=5000, help="messages a round, a multiple of 500")
    asyncio.run(main(parser.parse_args().messages))
