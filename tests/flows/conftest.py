"""Deployments on both buses."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from crm_graphql.local.mongod import Mongod
from tests.flows.world import World
from tests.servers.deployment import Deployment
from tests.servers.rabbitmq import RabbitNode


@pytest.fixture(scope="module", params=["rabbitmq", "embedded"])
async def deployment(
    request: pytest.FixtureRequest, mongod: Mongod, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Deployment]:
    """A whole deployment, once for the tests of a module, on either bus."""
    rabbitmq: RabbitNode | None = request.getfixturevalue("rabbitmq") if request.param == "rabbitmq" else None
    folder = tmp_path_factory.mktemp(f"deployment-{request.param}")
    started = Deployment(folder, mongod, rabbitmq, apis=2 if rabbitmq else 1)
    try:
        await started.start()
        yield started
    finally:
        await started.close()


@pytest.fixture(scope="module")
async def world(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[World]:
    """Servers and processes of this module's own."""
    made = World(tmp_path_factory.mktemp("world"))
    try:
        await made.deployment.start()
        yield made
    finally:
        await made.close()
