"""The private MongoDB's cache: a share of the machine's memory, or what the setting says."""

from __future__ import annotations

from pathlib import Path

import pytest
from pymongo import MongoClient

from crm_graphql.core.settings import load_settings
from crm_graphql.local import server
from crm_graphql.local.data_dir import DataDir
from crm_graphql.local.memory import GIBIBYTE, default_cache_gib, memory_bytes
from crm_graphql.local.mongod import HISTORY_SECONDS, Mongod
from crm_graphql.local.server import DevServer


@pytest.mark.parametrize(
    ("machine_gib", "cache_gib"),
    [(0.5, 0.5), (1, 0.5), (4, 1.0), (16, 4.0), (24, 6.0), (32, 8.0), (256, 8.0)],
)
def test_the_cache_is_a_quarter_of_the_memory_within_bounds(machine_gib: float, cache_gib: float) -> None:
    assert default_cache_gib(int(machine_gib * GIBIBYTE)) == cache_gib


def test_the_memory_is_what_a_container_is_allowed(tmp_path: Path) -> None:
    whole = memory_bytes(limits=())
    assert whole > GIBIBYTE // 4
    limit = tmp_path / "memory.max"
    limit.write_text(f"{GIBIBYTE // 8}\n")
    assert memory_bytes(limits=(tmp_path / "missing", limit)) == GIBIBYTE // 8


@pytest.mark.parametrize("unlimited", ["max\n", "9223372036854771712\n", ""])
def test_a_container_without_a_limit_has_the_machines_memory(tmp_path: Path, unlimited: str) -> None:
    limit = tmp_path / "memory.max"
    limit.write_text(unlimited)
    assert memory_bytes(limits=(limit,)) == memory_bytes(limits=())


@pytest.mark.parametrize(("given", "expected"), [(0.0, 2.0), (0.75, 0.75)])
def test_the_setting_goes_before_the_share(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, given: float, expected: float
) -> None:
    monkeypatch.setattr(server, "memory_bytes", lambda: 8 * GIBIBYTE)
    settings = load_settings(_env_file=None, dev_cache_gib=given)
    folder = DataDir(tmp_path)
    with folder.locked():
        services = DevServer.plan(settings, folder, 0).services()
    (database,) = (service for service in services if isinstance(service, Mongod))
    assert database.cache_gb == expected


def test_what_was_overwritten_is_not_kept_for_minutes(mongod: Mongod) -> None:
    with MongoClient[dict[str, object]](mongod.url) as client:
        name = "minSnapshotHistoryWindowInSeconds"
        assert client.admin.command({"getParameter": 1, name: 1})[name] == HISTORY_SECONDS
