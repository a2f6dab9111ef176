"""The folder as storage: what is particular to a disk."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from crm_graphql.storage.choose import choose_storage
from crm_graphql.storage.folder import UNFINISHED
from crm_graphql.storage.port import StorageAway, StorageFull, read_whole
from tests.storage.conftest import folder_settings
from tests.storage.test_port import put


async def test_a_disk_with_too_little_room_takes_nothing_and_keeps_no_rest(tmp_path: Path) -> None:
    storage = choose_storage(folder_settings(tmp_path, storage_free_bytes=2**60))
    with pytest.raises(StorageFull):
        await put(storage, "media/one", b"a")
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


async def test_a_disk_that_fills_up_in_the_middle_is_full_and_keeps_no_rest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_room(_descriptor: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", no_room)
    storage = choose_storage(folder_settings(tmp_path, storage_free_bytes=0))
    with pytest.raises(StorageFull):
        await put(storage, "media/one", b"a")
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


async def test_a_folder_that_cannot_be_made_is_away(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    storage = choose_storage(folder_settings(tmp_path / "file" / "files"))
    with pytest.raises(StorageAway):
        await put(storage, "media/one", b"a")


async def test_a_file_is_on_the_disk_before_it_has_its_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps: list[str] = []
    fsync, replace = os.fsync, os.replace

    def synced(descriptor: int) -> None:
        steps.append("folder" if stat.S_ISDIR(os.fstat(descriptor).st_mode) else "file")
        fsync(descriptor)

    def replaced(source: Path, target: Path) -> None:
        steps.append("name")
        replace(source, target)

    monkeypatch.setattr(os, "fsync", synced)
    monkeypatch.setattr(os, "replace", replaced)
    await put(choose_storage(folder_settings(tmp_path, storage_free_bytes=0)), "media/one", b"a")
    assert steps == ["file", "name", "folder", "folder"]


async def test_what_a_process_left_that_died_goes_when_it_is_old(tmp_path: Path) -> None:
    storage = choose_storage(folder_settings(tmp_path, storage_free_bytes=0))

    async def dying() -> AsyncIterator[bytes]:
        yield b"a" * 3_000_000
        left = next((tmp_path / UNFINISHED).iterdir())
        (tmp_path / UNFINISHED / "of-the-dead").write_bytes(left.read_bytes())

    await storage.put("media/one", dying(), content_type="text/plain")
    assert await storage.sweep(datetime.now(UTC) - timedelta(minutes=1)) == 0
    assert await storage.sweep(datetime.now(UTC) + timedelta(minutes=1)) == 1
    assert list((tmp_path / UNFINISHED).iterdir()) == []
    assert len(await read_whole(storage, "media/one")) == 3_000_000
