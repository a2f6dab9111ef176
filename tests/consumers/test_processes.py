"""Real consumer processes on RabbitMQ with the real simulator: shared work, deaths, orderly stops."""

from __future__ import annotations

import asyncio
import dataclasses
import json
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import uvicorn
from bson import ObjectId
from pydantic import SecretStr
from starlette.applications import Starlette

from crm_graphql.bus.queues import all_queues
from crm_graphql.core.settings import BusKind
from crm_graphql.delivery.routes import routes
from crm_graphql.local.mongod import free_port
from crm_graphql.mongo.leases import ConsumerLease
from crm_graphql.resources import Resources, make_bus
from tests.conftest import TEST_SECRET, TEST_WEBHOOK_SECRET
from tests.delivery.factories import assert_exact, campaign_row, launch, make_customers
from tests.delivery.running import until, until_status
from tests.servers.deployment import Process
from tests.servers.rabbitmq import RabbitNode
from tests.servers.simulator import SimulatorProcess

pytestmark = [pytest.mark.timeout(180), pytest.mark.xdist_group("consumer processes")]

CUSTOMERS = 3_000


class World:
    """Consumer processes, the simulator, and an API's webhook in the test's own process."""

    def __init__(self, folder: Path, resources: Resources, port: int) -> None:
        settings = resources.settings
        self.resources = resources
        self.simulator = SimulatorProcess(
            folder,
            callback_url=f"http://127.0.0.1:{port}/webhooks/receipts",
            secret=TEST_WEBHOOK_SECRET,
            receipt_delay_ms=20,
            seed=3,
        )
        environment = {
            "CRM_MONGODB_URL": settings.mongodb_url,
            "CRM_MONGODB_DATABASE": settings.mongodb_database,
            "CRM_AMQP_URL": settings.amqp_url.get_secret_value(),
            "CRM_QUEUE_PREFIX": settings.queue_prefix,
            "CRM_SECRET_KEY": TEST_SECRET,
            "CRM_WEBHOOK_SECRET": TEST_WEBHOOK_SECRET,
            "CRM_VENDOR_URL": self.simulator.url,
            "CRM_LEASE_SECONDS": "3",
            "CRM_VENDOR_DEADLINE_SECONDS": "2",
            "CRM_CONSUMER_LEASE_SECONDS": "1.5",
            "CRM_RECONCILE_INTERVAL_SECONDS": "0.5",
            "CRM_DELIVERY_BATCH": "50",
        }
        self.consumers = [
            Process(f"consumer-{number}", [sys.executable, "-m", "consumers"], environment, folder)
            for number in range(2)
        ]

    def start_simulator(self) -> None:
        """Start it, with receipts that come twice and in steps."""
        self.simulator.start()
        self.simulator.control(duplicate_share=0.1, sent_share=0.2)

    async def start(self, process: Process) -> None:
        """Start it and wait for its word."""
        lines = process.log().count("ready\n")
        process.start()

        async def is_ready() -> bool:
            return process.log().count("ready\n") > lines

        await until(is_ready)

    def close(self) -> None:
        """End everything."""
        for process in self.consumers:
            process.kill()
        self.simulator.close()


@pytest.fixture
async def world(resources: Resources, rabbitmq: RabbitNode, tmp_path: Path) -> AsyncIterator[World]:
    """Two consumer processes, not yet started, over an empty database and queues of their own."""
    changes = {
        "bus": BusKind.RABBITMQ,
        "amqp_url": SecretStr(rabbitmq.url),
        "queue_prefix": f"crm_{ObjectId()}",
    }
    settings = resources.settings.model_copy(update=changes)
    bus = make_bus(settings, resources.database)
    await bus.open()
    await bus.declare(all_queues(settings.partitions))
    app = Starlette(routes=routes)
    app.state.resources = dataclasses.replace(resources.with_settings(settings), bus=bus)
    port = free_port()
    server = uvicorn.Server(uvicorn.Config(app, port=port, log_config=None, ws="none"))
    serving = asyncio.create_task(server._serve())
    made = World(tmp_path, app.state.resources, port)
    try:
        made.start_simulator()
        yield made
    finally:
        made.close()
        server.should_exit = True
        await serving
        await bus.close()


def home_of(process: Process) -> set[int]:
    """The partitions that the process last said it consumes."""
    said = [line for line in process.log().splitlines() if '"partitions": [' in line]
    return set(json.loads(said[-1])["partitions"]) if said else set()


async def are_home(world: World, *shares: int) -> None:
    """Return when the processes together have every partition, each so many."""
    count = world.resources.settings.partitions

    async def shared() -> bool:
        homes = [home_of(process) for process in world.consumers[: len(shares)]]
        return [len(home) for home in homes] == [*shares] and set().union(*homes) == set(range(count))

    await until(shared)


async def assert_each_once(world: World, key: ObjectId) -> None:
    """Everybody has one row and the simulator sent each message once."""
    row = await assert_exact(key)
    figures = world.simulator.stats(str(key))
    assert row["stats"]["total"] == CUSTOMERS
    assert figures["messages"] == figures["accepted"] == CUSTOMERS
    assert figures["sends_per_key_max"] == 1
    assert row["stats"]["delivered"] == figures["delivered"]
    assert row["stats"]["failed"] == figures["failed"]


async def test_two_processes_share_the_work_and_stop_in_order(world: World) -> None:
    await make_customers(CUSTOMERS)
    for process in world.consumers:
        await world.start(process)

    await are_home(world, 4, 4)
    key = await launch(world.resources)
    await until_status(key, "COMPLETED")
    await assert_each_once(world, key)
    assert await ConsumerLease.count() == 2
    assert [process.stop() for process in world.consumers] == [0, 0]
    assert await ConsumerLease.count() == 0


async def test_kill_9_of_consumers_in_the_middle_leaves_it_exact(world: World) -> None:
    await make_customers(CUSTOMERS)
    for process in world.consumers:
        await world.start(process)
    key = await launch(world.resources)
    for number in range(6):
        await asyncio.sleep(0.15 * (number + 1))
        victim = world.consumers[number % 2]
        victim.kill()
        await world.start(victim)
        if (await campaign_row(key))["status"] == "COMPLETED":
            break
    await until_status(key, "COMPLETED")
    await assert_each_once(world, key)


async def test_the_survivor_takes_over_within_seconds(world: World) -> None:
    await make_customers(CUSTOMERS)
    for process in world.consumers:
        await world.start(process)
    await are_home(world, 4, 4)
    key = await launch(world.resources)
    await asyncio.sleep(0.3)
    world.consumers.pop(0).kill()
    await are_home(world, 8)
    await until_status(key, "COMPLETED")
    await assert_each_once(world, key)
