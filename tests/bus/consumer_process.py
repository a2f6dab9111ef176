"""A process that consumes the queue `work` and prints what it takes, to be killed by a test.

Usage: python -m tests.bus.consumer_process {rabbitmq|embedded} URL NAME [--fail]
"""

from __future__ import annotations

import asyncio
import sys

from pymongo import AsyncMongoClient

from crm_graphql.bus.embedded.bus import EmbeddedBus
from crm_graphql.bus.port import Bus, Message
from crm_graphql.bus.rabbitmq.bus import RabbitBus
from tests.bus.brokers import Numbered


async def main(adapter: str, url: str, name: str, *options: str) -> None:
    """Take ten at once and never finish one, or with --fail let each fail."""
    bus: Bus
    if adapter == "rabbitmq":
        bus = RabbitBus(url, prefix=name, publish_deadline_seconds=5.0)
    else:
        bus = EmbeddedBus(AsyncMongoClient(url, tz_aware=True, w="majority")[name])
    await bus.open()

    async def handle(message: Message) -> None:
        assert isinstance(message, Numbered)
        print(message.n, flush=True)
        if "--fail" in options:
            raise ValueError("as told")
        await asyncio.Event().wait()

    await bus.consume("work", handle, prefetch=10, kinds=[Numbered])
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
