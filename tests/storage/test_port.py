"""What every storage promises: both adapters are held to it."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest

from crm_graphql.storage.port import ObjectMissing, Put, Storage, read_whole

LARGE = bytes(range(256)) * 4096 * 20 + b"tail"
"""Larger than two parts of an upload, and no multiple of one."""


async def in_pieces(body: bytes, size: int = 70_000) -> AsyncIterator[bytes]:
    for start in range(0, len(body), size):
        yield body[start : start + size]


async def put(storage: Storage, key: str, body: bytes) -> Put:
    return await storage.put(key, in_pieces(body), content_type="text/plain")


@pytest.mark.parametrize("body", [b"", b"a", LARGE], ids=["empty", "one byte", "large"])
async def test_what_was_put_is_got_back_and_its_hash_is_told(storage: Storage, body: bytes) -> None:
    stored = await put(storage, "media/one", body)
    assert stored == Put(len(body), hashlib.sha256(body).hexdigest())
    assert await storage.size("media/one") == len(body)
    assert await read_whole(storage, "media/one") == body


@pytest.mark.parametrize(
    ("offset", "length"),
    [(0, 10), (1_000_000, 5_000_000), (len(LARGE) - 4, None), (len(LARGE) - 4, 99), (len(LARGE) + 5, 10)],
)
async def test_a_part_of_an_object_is_got_without_the_rest(
    storage: Storage, offset: int, length: int | None
) -> None:
    await put(storage, "media/one", LARGE)
    reading = await storage.get("media/one", offset=offset, length=length)
    got = b"".join([piece async for piece in reading])
    await reading.close()
    assert got == LARGE[offset:][:length]


async def test_an_object_that_is_put_again_is_the_new_one(storage: Storage) -> None:
    await put(storage, "media/one", b"old")
    await put(storage, "media/one", b"new one")
    assert await read_whole(storage, "media/one") == b"new one"


async def test_what_is_deleted_is_missing_and_may_be_deleted_again(storage: Storage) -> None:
    await put(storage, "media/one", b"a")
    await storage.delete("media/one")
    await storage.delete("media/one")
    assert await storage.size("media/one") is None
    with pytest.raises(ObjectMissing):
        await storage.get("media/one")


async def test_a_folder_lists_its_own_objects_and_no_others(storage: Storage) -> None:
    before = datetime.now(UTC) - timedelta(seconds=5)
    for key in ("media/a", "media/b/c", "media/d", "media/e", "mediator/f", "exports/g"):
        await put(storage, key, key.encode())
    listed = {one.key: one async for one in storage.list("media")}
    assert set(listed) == {"media/a", "media/b/c", "media/d", "media/e"}
    assert listed["media/b/c"].size_bytes == len("media/b/c")
    assert all(before < one.put_at < before + timedelta(minutes=1) for one in listed.values())
    assert [one async for one in storage.list("nothing")] == []


@pytest.mark.parametrize("body", [b"a" * 1000, LARGE], ids=["small", "large"])
async def test_an_upload_that_breaks_off_leaves_what_was_there_before(storage: Storage, body: bytes) -> None:
    async def breaking() -> AsyncIterator[bytes]:
        async for piece in in_pieces(body):
            yield piece
        raise ConnectionResetError("gone")

    await put(storage, "media/one", b"before")
    for key in ("media/one", "media/two"):
        with pytest.raises(ConnectionResetError, match="gone"):
            await storage.put(key, breaking(), content_type="text/plain")
    assert await read_whole(storage, "media/one") == b"before"
    assert [one.key async for one in storage.list("media")] == ["media/one"]


async def test_a_caller_who_is_cancelled_leaves_nothing(storage: Storage) -> None:
    waits = asyncio.Event()

    async def stopping() -> AsyncIterator[bytes]:
        yield LARGE
        waits.set()
        await asyncio.Event().wait()

    putting = asyncio.create_task(storage.put("media/one", stopping(), content_type="text/plain"))
    await waits.wait()
    putting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await putting
    assert [one.key async for one in storage.list("media")] == []


@pytest.mark.parametrize(
    "key",
    ["../one", "media/../../one", "/etc/passwd", "media//one", "", ".unfinished/a", "a/.b", "a\x00", "ä"],
)
async def test_a_key_that_could_lead_elsewhere_is_refused(storage: Storage, key: str) -> None:
    with pytest.raises(ValueError, match="no key"):
        await put(storage, key, b"a")
    for ask in (storage.get, storage.size, storage.delete):
        with pytest.raises(ValueError, match="no key"):
            await ask(key)


async def test_two_who_put_the_same_key_at_once_leave_one_of_both(storage: Storage) -> None:
    one, other = b"1" * 3_000_000, b"2" * 3_000_000
    await asyncio.gather(put(storage, "media/one", one), put(storage, "media/one", other))
    assert await read_whole(storage, "media/one") in (one, other)
