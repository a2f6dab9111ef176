"""The two adapters of the bus, each on a real server of its own."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import pytest

from crm_graphql.bus.port import Bus
from crm_graphql.local.mongod import Mongod
from tests.bus.brokers import Broker, EmbeddedBroker, RabbitBroker


@pytest.fixture(scope="session")
def bus_mongod(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mongod]:
    """A MongoDB apart from that of the other tests, for it is killed."""
    server = Mongod(tmp_path_factory.mktemp("bus-mongod"), cache_gb=0.25)
    server.start()
    yield server
    server.kill()


@pytest.fixture(params=["rabbitmq", "embedded"])
async def broker(request: pytest.FixtureRequest) -> AsyncIterator[Broker]:
    """Each adapter in turn."""
    made: Broker
    if request.param == "rabbitmq":
        made = RabbitBroker(request.getfixturevalue("rabbitmq"))
    else:
        made = EmbeddedBroker(request.getfixturevalue("bus_mongod"))
    yield made
    await made.close()


@pytest.fixture
async def bus(broker: Broker) -> Bus:
    """An open bus with the queue `work`."""
    bus = await broker.open()
    await bus.declare(["work"])
    return bus
