"""Exports on a bad day: no storage, no room in it, a lease that is lost, two at once, no bus, no database."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from pymongo.errors import OperationFailure, ServerSelectionTimeoutError

from crm_graphql.audiences.rules import parse
from crm_graphql.bulk.targets import Target
from crm_graphql.bus.port import BusError
from crm_graphql.exports import failures as failures_module
from crm_graphql.exports import people as people_module
from crm_graphql.exports import worker as worker_module
from crm_graphql.exports.messages import EXPORT_QUEUE, EXPORT_TURNS
from crm_graphql.exports.reconcile import reconcile_exports, remove_expired
from crm_graphql.mongo.turns import Turn
from crm_graphql.resources import Resources
from crm_graphql.storage.folder import FolderStorage
from crm_graphql.storage.port import Put, StorageAway, StorageFull
from tests.bulk.factories import EVERYONE, people
from tests.exports.factories import CSV, ask, column, file_of, finish, read_rows, stored, worker_over


class Broken(FolderStorage):
    """A folder that takes nothing while `error` is set, and tells what it was given."""

    def __init__(self, root: Path) -> None:
        super().__init__(root, free_bytes=0)
        self.error: Exception | None = None
        self.before_it_is_stored: Callable[[], Any] | None = None

    async def put(self, key: str, pieces: AsyncIterable[bytes], *, content_type: str) -> Put:
        """As a storage that fails in the middle of what it is given."""
        if self.error is not None:
            async for _ in pieces:
                raise self.error
        put = await super().put(key, pieces, content_type=content_type)
        if self.before_it_is_stored is not None:
            await self.before_it_is_stored()
        return put

    async def delete(self, key: str) -> None:
        """The same for what is to go."""
        if self.error is not None:
            raise self.error
        await super().delete(key)


@pytest.fixture
def storage(resources: Resources) -> Broken:
    """The files of this test process, in a storage that can break."""
    return Broken(resources.settings.files_dir)


@pytest.mark.parametrize("error", [StorageAway(), StorageFull()])
async def test_a_storage_that_comes_back_has_cost_time_only(
    resources: Resources, storage: Broken, error: Exception
) -> None:
    await people(3)
    export = await ask(resources)
    storage.error = error
    for _ in range(failures_module.FAILURES_ALLOWED + 2):
        with pytest.raises(type(error)):
            await worker_over(resources, storage).work(export["_id"])
    assert (await stored(export["_id"]))["status"] == "RUNNING"
    storage.error = None
    assert await worker_over(resources, storage).work(export["_id"])
    ended = await stored(export["_id"])
    assert (ended["status"], ended["rows"], ended["work"]["failing_since"]) == ("COMPLETED", 3, None)


@pytest.mark.parametrize(
    ("error", "said"), [(StorageAway(), "is away"), (StorageFull(), "is full: make room")]
)
async def test_a_storage_that_stays_away_ends_it_with_what_to_do(
    resources: Resources, storage: Broken, error: Exception, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    await people(3)
    export = await ask(resources)
    storage.error = error
    monkeypatch.setattr(failures_module, "STORAGE_PATIENCE", timedelta(seconds=0.3))
    with pytest.raises(type(error)):
        await worker_over(resources, storage).work(export["_id"])
    await asyncio.sleep(0.4)
    assert await worker_over(resources, storage).work(export["_id"])
    ended = await stored(export["_id"])
    assert (ended["status"], ended["is_open"]) == ("FAILED", False)
    assert said in ended["failure_reason"]
    assert "make the export again" in ended["failure_reason"]


async def test_files_stay_while_the_storage_is_away_and_go_afterwards(
    resources: Resources, storage: Broken
) -> None:
    await people(3)
    ended = await finish(resources, await ask(resources))
    past = {"$set": {"expires_at": ended["created_at"]}}
    await resources.database.exports.update_one({"_id": ended["_id"]}, past)
    storage.error = StorageAway()
    await remove_expired(storage)
    assert (await stored(ended["_id"]))["has_file"]
    storage.error = None
    await remove_expired(storage)
    assert not (await stored(ended["_id"]))["has_file"]


async def test_an_export_that_nobody_makes_in_time_fails_and_a_part_in_hand_is_waited_for(
    resources: Resources,
) -> None:
    export = await ask(resources)
    past = {"expires_at": export["created_at"], "work.lease_until": datetime.now(UTC) + timedelta(seconds=60)}
    await resources.database.exports.update_one({"_id": export["_id"]}, {"$set": past})
    for _ in range(2):
        await remove_expired(resources.storage)
        await asyncio.sleep(0.01)
    found = await stored(export["_id"])
    assert (found["status"], found["is_open"], found["has_file"]) == ("FAILED", False, True)
    assert "consumers" in found["failure_reason"]
    free = {"$set": {"work.lease_until": None}}
    await resources.database.exports.update_one({"_id": export["_id"]}, free)
    await remove_expired(resources.storage)
    assert not (await stored(export["_id"]))["has_file"]


async def test_a_worker_that_lost_its_lease_has_added_nothing(
    resources: Resources, storage: Broken, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker_module, "PART_SECONDS", 0.0)
    await people(1_203)
    export = await ask(resources)

    async def take_over() -> None:
        storage.before_it_is_stored = None
        gone = {"$set": {"work.token": None, "work.lease_until": None}}
        await resources.database.exports.update_one({"_id": export["_id"]}, gone)
        await finish(resources, export)

    storage.before_it_is_stored = take_over
    assert await worker_over(resources, storage).work(export["_id"])
    ended = await stored(export["_id"])
    rows = read_rows(CSV, await file_of(resources, ended))
    assert column(rows, "customer_id") == [f"C{number:04d}" for number in range(1_203)]
    left = [one async for one in storage.list(f"exports/{export['_id']}")]
    assert len(left) == len(ended["file"]["parts"]) + 1


async def test_two_processes_at_once_make_one_file(
    resources: Resources, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker_module, "PART_SECONDS", 0.0)
    await people(2_500)
    export = await ask(resources)

    async def work() -> None:
        worker = worker_over(resources)
        while (await stored(export["_id"]))["is_open"]:
            await worker.work(export["_id"])
            await asyncio.sleep(0)

    await asyncio.gather(work(), work(), work())
    ended = await stored(export["_id"])
    rows = read_rows(CSV, await file_of(resources, ended))
    assert column(rows, "customer_id") == [f"C{number:04d}" for number in range(2_500)]


async def test_weather_of_the_database_is_waited_out_and_an_error_in_the_data_is_not(
    resources: Resources, monkeypatch: pytest.MonkeyPatch
) -> None:
    await people(3)
    export = await ask(resources)

    def fails(error: Exception) -> None:
        async def read(*_args: object) -> Any:
            raise error

        monkeypatch.setattr(worker_module, "source_of", read)

    fails(ServerSelectionTimeoutError("no primary"))
    for _ in range(failures_module.FAILURES_ALLOWED + 2):
        with pytest.raises(ServerSelectionTimeoutError):
            await worker_over(resources).work(export["_id"])
    assert (await stored(export["_id"]))["status"] == "RUNNING"
    fails(OperationFailure("bad value", code=2))
    for _ in range(failures_module.FAILURES_ALLOWED - 1):
        with pytest.raises(OperationFailure):
            await worker_over(resources).work(export["_id"])
    assert await worker_over(resources).work(export["_id"])
    assert "bad value" in (await stored(export["_id"]))["failure_reason"]


async def test_a_rule_that_a_release_refuses_ends_it(
    resources: Resources, monkeypatch: pytest.MonkeyPatch
) -> None:
    await people(3)
    export = await ask(resources, target=Target(rule=EVERYONE))

    def refuse(*_args: object) -> Any:
        return parse({"where": {"field": "gone", "operator": "EQ", "value": 1}})

    monkeypatch.setattr(people_module, "select_customers", refuse)
    assert await worker_over(resources).work(export["_id"])
    ended = await stored(export["_id"])
    assert ended["status"] == "FAILED"
    assert ended["failure_reason"].startswith("The rule cannot be used any more: ")


async def test_an_export_whose_message_was_lost_is_found(
    resources: Resources, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away(*_args: object) -> None:
        raise BusError("away")

    with monkeypatch.context() as patched:
        patched.setattr(resources.bus, "publish", away)
        export = await ask(resources)
        await reconcile_exports(storage=resources.storage, bus=resources.bus)
    assert await resources.bus.depth(EXPORT_QUEUE) == 0
    await reconcile_exports(storage=resources.storage, bus=resources.bus)
    await reconcile_exports(storage=resources.storage, bus=resources.bus)
    assert await resources.bus.depth(EXPORT_QUEUE) == 1
    turns = Turn.get_pymongo_collection()
    assert await turns.count_documents({"queue": EXPORT_TURNS.name, "work_id": export["_id"]}) == 1
