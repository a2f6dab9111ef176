"""Migrations: each step made once, by one process at a time, whoever dies; and who may start beside them."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import AsyncIterator
from typing import Any

import pytest
from pymongo import IndexModel
from pymongo.errors import AutoReconnect, DuplicateKeyError

from crm_graphql.migrations import runner
from crm_graphql.migrations import steps as steps_module
from crm_graphql.migrations.documents import Migration
from crm_graphql.migrations.indexes import CannotMigrate, create_indexes, declared_indexes
from crm_graphql.migrations.plan import Database, Phase
from crm_graphql.migrations.queries import NotMigrated, state_of
from crm_graphql.migrations.runner import migrate_database, prepare_database, steps_to_make
from crm_graphql.migrations.steps import LEFT_INDEXES, STEPS, plan_left_indexes, plan_missing_indexes
from crm_graphql.mongo.leases import LeaseLost, TaskLease, hold_task
from crm_graphql.mongo.servers import ServerUnfit
from crm_graphql.resources import Resources
from tests.migrations.steps import NOTES, three_notes


@pytest.fixture
async def database(resources: Resources) -> AsyncIterator[Database]:
    """A database that no release has prepared; afterwards this one has."""
    await Migration.get_pymongo_collection().delete_many({})
    yield resources.database
    await Migration.get_pymongo_collection().delete_many({})
    await migrate_database(resources.database)


async def notes(database: Database) -> dict[str, int]:
    return {row["_id"]: row["times"] async for row in database["notes"].find()}


async def test_a_step_is_made_once_and_said_line_by_line(database: Database) -> None:
    said: list[str] = []
    for _ in range(2):
        await migrate_database(database, steps=[three_notes()], say=said.append)
    assert said == [f"1: write {note}" for note in NOTES]
    assert await notes(database) == dict.fromkeys(NOTES, 1)


async def test_a_migration_that_was_killed_goes_on_where_it_was(
    database: Database, resources: Resources
) -> None:
    url = resources.settings.mongodb_url
    command = [sys.executable, "-m", "tests.migrations.stuck", url, database.name]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert await asyncio.to_thread(process.stdout.readline) == "stuck\n"
        process.kill()
    said: list[str] = []
    await migrate_database(database, steps=[three_notes()], say=said.append)
    assert said[-2:] == ["1: write second", "1: write third"]
    assert await notes(database) == dict.fromkeys(NOTES, 1)


async def test_of_two_at_once_one_waits_and_finds_all_done(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runner, "LOOK_AGAIN_SECONDS", 0.05)
    at_once, most = 0, 0

    async def slowly(_note: str) -> None:
        nonlocal at_once, most
        at_once += 1
        most = max(most, at_once)
        await asyncio.sleep(0.1)
        at_once -= 1

    said: list[str] = []
    await asyncio.gather(
        *(migrate_database(database, steps=[three_notes(slowly)], say=said.append) for _ in range(3))
    )
    assert most == 1
    assert await notes(database) == dict.fromkeys(NOTES, 1)
    assert said.count("Another process migrates; waiting for it.") == 2


async def test_who_has_lost_the_lease_stops(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runner, "LEASE_SECONDS", 0.3)

    async def robbed(note: str) -> None:
        if note == "second":
            await TaskLease.get_pymongo_collection().delete_one({"_id": runner.LEASE})
            assert await hold_task(runner.LEASE, "another", 60)
            await asyncio.sleep(30)

    with pytest.raises(LeaseLost):
        await migrate_database(database, steps=[three_notes(robbed)])
    await TaskLease.get_pymongo_collection().delete_one({"_id": runner.LEASE})
    assert await notes(database) == {"first": 1}
    assert (await state_of([three_notes()])).missing


async def test_who_is_cut_off_stops_when_the_lease_has_run_out(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runner, "LEASE_SECONDS", 0.3)

    async def cut_off(note: str) -> None:
        if note == "second":

            async def away(_name: str, _token: str, _seconds: float) -> bool:
                raise AutoReconnect("cut off")

            monkeypatch.setattr(runner, "hold_task", away)
            await asyncio.sleep(30)

    with pytest.raises(LeaseLost):
        await migrate_database(database, steps=[three_notes(cut_off)])
    monkeypatch.setattr(runner, "hold_task", hold_task)
    await migrate_database(database, steps=[three_notes()])
    assert await notes(database) == dict.fromkeys(NOTES, 1)


async def test_a_process_starts_only_on_a_database_that_is_prepared(database: Database) -> None:
    steps = [three_notes()]
    with pytest.raises(NotMigrated, match=r"missing: 1 \(three notes\)\. Run `crm migrate` first"):
        await prepare_database(database, migrate=False, steps=steps)
    await prepare_database(database, migrate=True, steps=steps)
    await prepare_database(database, migrate=False, steps=steps)
    assert await notes(database) == dict.fromkeys(NOTES, 1)


async def test_beside_an_old_process_only_what_it_bears_is_made(database: Database) -> None:
    await database["notes"].insert_one({"_id": "of the release before", "times": 1})
    bearable, fatal = three_notes(number=1), three_notes(number=2, phase=Phase.CONTRACT)
    steps = [bearable, fatal]
    await migrate_database(database, steps=steps, finish=False)
    # The new release starts, the old one starts again beside it.
    await prepare_database(database, migrate=False, steps=steps)
    await prepare_database(database, migrate=False, steps=[])
    assert await steps_to_make(database, finish=False, steps=steps) == []
    assert (await state_of(steps)).missing == [fatal]
    await migrate_database(database, steps=steps, finish=True)
    with pytest.raises(NotMigrated, match=r"by a later release, step 2 \(three notes\)"):
        await prepare_database(database, migrate=False, steps=[bearable])
    with pytest.raises(NotMigrated, match="by a later release"):
        await migrate_database(database, steps=[bearable])


async def test_a_step_whose_content_changed_is_made_again(database: Database) -> None:
    one, other = (three_notes() for _ in range(2))
    await migrate_database(database, steps=[one])
    await database["notes"].delete_many({})
    object.__setattr__(other, "version", lambda: "2")
    assert (await state_of([other])).missing == [other]
    await migrate_database(database, steps=[other])
    assert await notes(database) == dict.fromkeys(NOTES, 1)
    # The process of the release before starts all the same: its version is among those that were made.
    assert not (await state_of([one])).missing


async def test_what_the_documents_declare_and_the_database_lacks_is_created(database: Database) -> None:
    await database["customers"].drop_index("created_at")
    await database["saved_views"].drop_indexes()
    planned = {action.text for action in await plan_missing_indexes(database)}
    assert planned == {
        "create the index created_at of customers",
        "create the indexes owner, shared of saved_views",
    }
    await migrate_database(database)
    for collection, indexes in declared_indexes().items():
        there = await database[collection].index_information()
        assert {index.document["name"] for index in indexes} <= set(there), collection


async def test_indexes_that_earlier_releases_left_go_and_those_that_are_used_stay(database: Database) -> None:
    left = [(collection, name) for collection, name in LEFT_INDEXES if name not in declared(collection)]
    assert len(left) == len(LEFT_INDEXES)
    for collection, name in left:
        await database[collection].create_index([(f"left_{name}", 1)], name=name)
    assert len(await plan_left_indexes(database)) == len(left)
    await migrate_database(database, finish=False)
    assert len(await plan_left_indexes(database)) == len(left)
    await migrate_database(database)
    assert await plan_left_indexes(database) == []
    assert await plan_missing_indexes(database) == []


async def test_a_collection_that_earlier_releases_kept_goes_once_they_have_gone(database: Database) -> None:
    await database["campaign_turns"].insert_one({"_id": "send"})
    await migrate_database(database, finish=False)
    assert "campaign_turns" in await database.list_collection_names()
    await migrate_database(database)
    assert "campaign_turns" not in await database.list_collection_names()


async def test_an_index_of_such_a_name_that_a_document_declares_again_stays(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    again = {**declared_indexes(), "deliveries": [IndexModel([("left", 1)], name="status")]}
    await database["deliveries"].create_index([("left", 1)], name="status")
    assert [action.text for action in await plan_left_indexes(database)] == [
        "drop the index status of deliveries"
    ]
    monkeypatch.setattr(steps_module, "declared_indexes", lambda: again)
    assert await plan_left_indexes(database) == []


def declared(collection: str) -> set[str]:
    return {str(index.document["name"]) for index in declared_indexes()[collection]}


async def test_data_that_an_index_forbids_are_a_sentence(database: Database) -> None:
    collection = database["topics"]
    unique = [index for index in declared_indexes()["topics"] if index.document["name"] == "slug"]
    await collection.drop_index("slug")
    await collection.insert_many([{"slug": "news"}, {"slug": "news"}])
    with pytest.raises(CannotMigrate, match="topics holds two documents") as caught:
        await migrate_database(database)
    assert isinstance(caught.value.__cause__, DuplicateKeyError)
    await collection.delete_many({})
    await create_indexes(database, "topics", unique)


async def test_an_index_of_the_same_name_and_other_keys_is_a_sentence(database: Database) -> None:
    (index,) = (one for one in declared_indexes()["customers"] if one.document["name"] == "created_at")
    await database["customers"].drop_index("created_at")
    await database["customers"].create_index([("another", 1)], name="created_at")
    with pytest.raises(CannotMigrate, match="customers has another index of this name"):
        await create_indexes(database, "customers", [index])
    await database["customers"].drop_index("created_at")


def test_numbers_of_steps_are_their_order_and_never_given_twice() -> None:
    assert [step.number for step in STEPS] == list(range(1, len(STEPS) + 1))


@pytest.mark.parametrize(
    ("answers", "sentence"),
    [
        ({"buildInfo": {"version": "5.0.14", "versionArray": [5, 0, 14, 0]}}, "MongoDB 5.0.14 .* is too old"),
        ({"hello": {}}, "is no replica set"),
    ],
)
async def test_a_mongodb_that_is_unfit_is_a_sentence(
    resources: Resources, monkeypatch: pytest.MonkeyPatch, answers: dict[str, Any], sentence: str
) -> None:
    admin = type(resources.mongo.admin)
    real = admin.command

    async def answered(self: Database, command: str, *rest: Any, **more: Any) -> Any:
        return answers.get(command) or (
            {} if command in answers else await real(self, command, *rest, **more)
        )

    monkeypatch.setattr(admin, "command", answered)
    with pytest.raises(ServerUnfit, match=sentence):
        await prepare_database(resources.database, migrate=False)
