"""Fixtures that all tests share: a real MongoDB, an emptied database, settings, resources."""

from __future__ import annotations

import gc
import os
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import hypothesis
import pytest
import structlog
from pymongo.asynchronous.database import AsyncDatabase

from crm_graphql.core.garbage import freeze_what_is_started
from crm_graphql.core.settings import BusKind, Settings, load_settings
from crm_graphql.local.mongod import Mongod
from crm_graphql.migrations.documents import Migration
from crm_graphql.resources import Resources, open_resources
from tests.servers import commands as commands
from tests.servers.rabbitmq import rabbitmq as rabbitmq
from tests.servers.shared import campaign as campaign
from tests.servers.shared import served as served

SLOW_FOLDERS = frozenset({"browser", "cli", "clients", "flows", "local"})
"""All their tests start processes."""

SLOW_FIXTURES = frozenset({"broker", "chromium", "deployment", "rabbitmq", "served", "shared_simulator"})
"""Servers beside the one MongoDB that all tests share."""

TEST_SECRET = "tests-only-7fK2pQ9xLm4RzVw8YbNc3HdJ"
TEST_WEBHOOK_SECRET = "whsec_dGVzdHMtb25seS03ZksycFE5eExtNFJ6Vnc4WWJOYzNIZEo="


LONG_GROUPS = (
    *("cdnow", "worst", "dev", "control", "protocols", "campaign", "documented clients"),
    *("consumer processes", "browser"),
)
"""The groups of tests that one worker runs in turn, the longest first."""

# The same examples each time, however long one takes: whether a change may be merged must not hang on
# luck. `make explore` looks for new ones.
_UNHURRIED = hypothesis.settings(deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow])
hypothesis.settings.register_profile("same", _UNHURRIED, derandomize=True)
hypothesis.settings.register_profile("new", _UNHURRIED)
hypothesis.settings.load_profile("same")

# What is imported and collected lives until the session ends: looking through it for garbage finds nothing.
gc.disable()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Mark what `make quick` leaves out: a new test is in it unless it starts servers or says it is slow.

    The long groups come first, then what is slow: begun last, one would leave other workers idle.
    """
    for item in items:
        folder = item.path.relative_to(config.rootpath / "tests").parts[0]
        if folder in SLOW_FOLDERS or not SLOW_FIXTURES.isdisjoint(getattr(item, "fixturenames", ())):
            item.add_marker(pytest.mark.slow)
    items.sort(key=_place)


def _place(item: pytest.Item) -> int:
    group = item.get_closest_marker("xdist_group")
    if group and group.args[0] in LONG_GROUPS:
        return LONG_GROUPS.index(group.args[0])
    return len(LONG_GROUPS) + (item.get_closest_marker("slow") is None)


def pytest_make_parametrize_id(val: object, argname: str) -> str | None:
    """Bytes are named by their argument: some, as workbooks, hold when each worker made them."""
    return argname if isinstance(val, bytes) and len(val) > 40 else None


def pytest_collection_finish() -> None:
    """Collect garbage from here on, but never among what was collected."""
    freeze_what_is_started()
    gc.enable()


@pytest.fixture(scope="session", autouse=True)
def _plain_tracebacks() -> None:
    """Drawing every local variable of every frame, as structlog would, stops the event loop for a second."""
    plain = structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)
    structlog.configure(processors=[*structlog.get_config()["processors"][:-1], plain])


@pytest.fixture(scope="session", autouse=True)
def _clean_environment() -> None:
    """The machine's own CRM_* variables must not leak into tests."""
    for name in [name for name in os.environ if name.startswith("CRM_")]:
        del os.environ[name]


@pytest.fixture(scope="session")
def mongod(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mongod]:
    """One private MongoDB for the whole run of this test process."""
    server = Mongod(tmp_path_factory.mktemp("mongod"), cache_gb=2.0)
    server.start()
    yield server
    server.kill()


@pytest.fixture(scope="session")
def settings(mongod: Mongod, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Settings on the private MongoDB and the embedded bus."""
    return load_settings(
        _env_file=None,
        development=True,
        data_dir=Path(tmp_path_factory.mktemp("data")),
        mongodb_url=mongod.url,
        mongodb_database="crm_test",
        bus=BusKind.EMBEDDED,
        secret_key=TEST_SECRET,
        webhook_secret=TEST_WEBHOOK_SECRET,
        # Hashing as it is in production would be most of what the tests do.
        password_hash_memory_kib=1024,
        password_hash_passes=1,
        log_level="WARNING",
    )


@pytest.fixture(scope="session")
async def open_session_resources(settings: Settings) -> AsyncIterator[Resources]:
    """Resources opened once; tests take `resources`, which empties the database first."""
    async with open_resources(settings) as opened:
        yield opened


async def empty(database: AsyncDatabase[dict[str, Any]]) -> None:
    """Delete what collections hold; one question finds those that hold anything, which are few of sixty."""
    names = [name for name in await database.list_collection_names() if name != Migration.Settings.name]
    if not names:
        return
    looks: dict[str, list[dict[str, Any]]] = {
        name: [{"$limit": 1}, {"$project": {"_id": 0, "name": {"$literal": name}}}] for name in names
    }
    (first, look), *others = looks.items()
    unions = [{"$unionWith": {"coll": name, "pipeline": look}} for name, look in others]
    for found in await (await database[first].aggregate([*look, *unions])).to_list():
        await database[found["name"]].delete_many({})


@pytest.fixture
async def resources(open_session_resources: Resources) -> Resources:
    """Open resources on an empty database (its indexes stay)."""
    await empty(open_session_resources.database)
    await open_session_resources.deployment.read()
    return open_session_resources
