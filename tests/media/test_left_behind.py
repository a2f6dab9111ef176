"""What is left behind by processes that die: nothing that is not found and put right, or taken away."""

from __future__ import annotations

import asyncio
import multiprocessing
import os
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import uvloop
from bson import ObjectId

from consumers import sweeper
from crm_graphql.core.actor import Actor, Role
from crm_graphql.core.settings import Settings
from crm_graphql.core.tasks import end_tasks
from crm_graphql.media import reconcile
from crm_graphql.media.intake import Intake
from crm_graphql.media.processing import process_media
from crm_graphql.media.reconcile import sweep_media
from crm_graphql.media.room import stored_bytes
from crm_graphql.resources import Resources, open_resources
from crm_graphql.storage.folder import UNFINISHED
from crm_graphql.storage.port import Storage
from tests.gql.conftest import Api
from tests.media.conftest import Process
from tests.media.files import get, media_of, picture, stored, telling, upload
from tests.media.test_links import ready


async def _process(settings: Settings, key: ObjectId) -> None:
    async with open_resources(settings) as resources:
        await process_media(
            key,
            storage=resources.storage,
            transact=resources.in_transaction,
            bus=resources.bus,
            picture_pixels=settings.media_picture_pixels,
        )


def _run(settings: Settings, key: ObjectId) -> None:
    uvloop.run(_process(settings, key))


@pytest.mark.slow
async def test_a_consumer_killed_over_a_file_leaves_it_to_another_and_no_files_behind(
    api: Api, resources: Resources, process: Process, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path / "temporary"))
    (tmp_path / "temporary").mkdir()
    media_id = await upload(api, "a.jpg", telling("JPEG", size=(6_000, 5_000)))
    (row,) = await resources.database.media.find().to_list()
    settings = resources.settings.model_copy(update={"storage_dir": str(tmp_path / "files")})
    consumer = multiprocessing.get_context("spawn").Process(target=_run, args=(settings, row["_id"]))
    consumer.start()
    async with asyncio.timeout(60):
        while not (await resources.database.media.find_one({}) or {})["attempts"]:
            await asyncio.sleep(0.02)
    consumer.kill()
    consumer.join()
    assert (await media_of(api, media_id))["status"] == "PROCESSING"
    assert not list((tmp_path / "temporary").iterdir())
    await process()
    found = await media_of(api, media_id)
    assert found["status"] == "READY"
    assert (await get(api, found["url"])).status_code == 200
    assert await stored_bytes() == sum(path.stat().st_size for path in stored(tmp_path))


async def _pieces(body: bytes) -> AsyncIterator[bytes]:
    yield body


def _age(path: Path, hours: float) -> None:
    at = path.stat().st_mtime - hours * 3600
    os.utime(path, (at, at))


async def test_what_no_file_names_goes_when_it_is_old_and_nothing_else(
    api: Api, resources: Resources, process: Process, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reconcile, "AT_ONCE", 3)
    kept = [await ready(api, process, f"{n}.png") for n in range(3)]
    named = set(stored(tmp_path))
    for key in ("media/none/a", "media/x", f"media/{ObjectId()}/b", f"media/{ObjectId()}/new", "exports/e"):
        await resources.storage.put(key, _pieces(b"left"), content_type="text/plain")
    half = tmp_path / "files" / UNFINISHED / "half"
    half.write_bytes(b"half of a file")
    for path in stored(tmp_path):
        _age(path, 1 if path.name == "new" else 25)
    assert await sweep_media(resources.storage) == 4
    left = set(stored(tmp_path)) - named
    assert {path.name for path in left} == {"new", "e"}
    for found in kept:
        assert (await get(api, (await media_of(api, found["id"]))["url"])).status_code == 200


async def test_an_upload_whose_commit_nobody_heard_of_is_not_taken_away(
    api: Api, resources: Resources, tmp_path: Path
) -> None:
    """The transaction may have been committed: only what is never named goes, and the sweeper knows."""

    class Lost(Exception):
        pass

    async def committed(work: Any) -> Any:
        await resources.in_transaction(work)
        raise Lost

    async def take() -> None:
        async with Intake(Actor(Role.ADMIN, "a"), resources.storage, resources.settings) as intake:
            await intake.add("a.png", _pieces(picture()))
            await intake.take(transact=committed, bus=resources.bus, clock=resources.clock)

    with pytest.raises(Lost):
        await take()
    (row,) = await resources.database.media.find().to_list()
    assert await resources.storage.size(row["key"]) == len(picture())


async def test_a_storage_that_hangs_holds_no_round_up(
    resources: Resources, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def hang(*_: object) -> None:
        await asyncio.Event().wait()

    monkeypatch.setattr(type(resources.storage), "delete", hang)
    monkeypatch.setattr(reconcile, "REMOVE_SECONDS", 0.2)
    await resources.database.media_removals.insert_one({"_id": "media/a/b", "at": datetime.now(UTC)})
    async with asyncio.timeout(60):
        await reconcile.reconcile_media(resources.storage, resources.bus)
    assert await resources.database.media_removals.count_documents({}) == 1


async def test_one_process_sweeps_and_the_others_leave_it_the_hour(
    resources: Resources, monkeypatch: pytest.MonkeyPatch
) -> None:
    swept: list[Storage] = []

    async def sweep(storage: Storage) -> None:
        swept.append(storage)

    monkeypatch.setattr(sweeper, "sweep_media", sweep)
    monkeypatch.setattr(sweeper, "LOOK_SECONDS", 0.05)
    processes = [asyncio.create_task(sweeper.sweep_for_ever(resources.storage)) for _ in range(3)]
    await asyncio.sleep(0.6)
    await end_tasks(processes)
    assert swept == [resources.storage]
    await resources.database.task_leases.update_one(
        {"_id": "sweeper"}, {"$set": {"lease_until": datetime(2020, 1, 1, tzinfo=UTC)}}
    )
    again = asyncio.create_task(sweeper.sweep_for_ever(resources.storage))
    await asyncio.sleep(0.3)
    await end_tasks([again])
    assert len(swept) == 2
