"""A deployment whose servers and processes may be killed, and what kills them."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

from crm_graphql.local.mongod import Mongod
from tests.servers.deployment import Deployment
from tests.servers.rabbitmq import RabbitNode

HARMS = 10


class World:
    """A deployment on servers of its own, which may be killed."""

    def __init__(self, folder: Path) -> None:
        for name in ("mongod", "rabbitmq", "deployment"):
            (folder / name).mkdir()
        self.mongod = Mongod(folder / "mongod", cache_gb=2.0)
        self.rabbitmq = RabbitNode(folder / "rabbitmq")
        self.mongod.start()
        self.rabbitmq.start()
        self.deployment = Deployment(
            folder / "deployment",
            self.mongod,
            self.rabbitmq,
            apis=2,
            settings={"chunk_records": 250, "delivery_batch": 20},
        )

    async def close(self) -> None:
        """End everything."""
        await self.deployment.close()
        self.rabbitmq.close()
        self.mongod.kill()


async def ten_times(harms: Sequence[Callable[[], Awaitable[None]]], pause: float) -> None:
    """Do one harm after the other, ten in all, with some time to get going in between."""
    for number in range(HARMS):
        await asyncio.sleep(pause)
        await harms[number % len(harms)]()


def killing(world: World, name: str) -> Callable[[], Awaitable[None]]:
    """Kill -9 the process, and start it again."""

    async def harm() -> None:
        deployment = world.deployment
        if name == "simulator":
            await asyncio.to_thread(deployment.simulator.kill)
            await asyncio.to_thread(deployment.simulator.start)
            return
        process = next(one for one in deployment.processes if one.name == name)
        await asyncio.to_thread(process.kill)
        process.start()

    return harm
