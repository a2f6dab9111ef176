"""Processing: thumbnails, what pictures tell, bombs, and consumers that die over a file."""

from __future__ import annotations

import asyncio
import hashlib
import io
import os
import struct
import sys
import zlib
from pathlib import Path
from typing import Any

import pytest
from PIL import Image, ImageSequence

from crm_graphql.bus.port import Queue
from crm_graphql.media import processing
from crm_graphql.media.processing import WorkerDied
from crm_graphql.media.reconcile import UNHEARD, reconcile_media
from crm_graphql.media.room import stored_bytes
from crm_graphql.resources import Resources
from crm_graphql.storage.port import StorageAway
from tests.gql.conftest import Api
from tests.media.conftest import Process
from tests.media.files import SECRET, get, media_of, picture, stored, telling, upload


def chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def bomb(width: int, height: int) -> bytes:
    """A PNG of some kilobytes that unpacks to all these points."""
    packer = zlib.compressobj(9)
    row = bytes(1 + width // 8)
    rows = b"".join(packer.compress(row) for _ in range(height)) + packer.flush()
    head = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


async def test_a_picture_that_tells_nothing_is_ready_as_it_came(api: Api, process: Process) -> None:
    body = picture("PNG", (1_000, 600))
    media_id = await upload(api, "a.png", body)
    await process()
    found = await media_of(api, media_id)
    assert (found["status"], found["rejectionReason"]) == ("READY", None)
    assert found["sha256"] == hashlib.sha256(body).hexdigest()
    assert (await get(api, found["url"])).content == body
    small = await get(api, found["thumbnailUrl"])
    with Image.open(io.BytesIO(small.content)) as shown:
        assert (shown.format, shown.size) == ("JPEG", (512, 307))


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP", "GIF"])
async def test_what_a_picture_tells_of_its_making_is_taken_out(
    api: Api, resources: Resources, process: Process, tmp_path: Path, form: str
) -> None:
    body = telling(form)
    assert SECRET.encode() in body
    media_id = await upload(api, f"a.{form.lower()}", body)
    await process()
    found = await media_of(api, media_id)
    assert found["status"] == "READY", found
    clean = (await get(api, found["url"])).content
    assert (found["sizeBytes"], found["sha256"]) == (len(clean), hashlib.sha256(clean).hexdigest())
    kept = b"".join(path.read_bytes() for path in stored(tmp_path))
    assert SECRET.encode() not in kept
    with Image.open(io.BytesIO(clean)) as shown:
        assert not shown.getexif()
        assert shown.convert("RGB").getpixel((5, 5))[0] > 200  # type: ignore[index]
    assert await stored_bytes() == len(kept)


async def test_a_picture_on_its_side_is_turned_before_it_forgets_that(api: Api, process: Process) -> None:
    media_id = await upload(api, "a.jpg", telling("JPEG", turned=True))
    await process()
    found = await media_of(api, media_id)
    with Image.open(io.BytesIO((await get(api, found["url"])).content)) as shown:
        assert shown.size == (20, 40)


async def test_what_hides_behind_a_picture_is_taken_off(api: Api, process: Process) -> None:
    media_id = await upload(api, "a.jpg", picture("JPEG") + b"a film with a place in it")
    await process()
    answer = await get(api, (await media_of(api, media_id))["url"])
    assert b"film" not in answer.content


async def test_an_animation_goes_on_moving_without_its_comment(api: Api, process: Process) -> None:
    frames = [Image.new("RGB", (30, 30), colour) for colour in ("red", "green", "blue")]
    out = io.BytesIO()
    frames[0].save(out, "GIF", save_all=True, append_images=frames[1:], duration=70, comment=SECRET.encode())
    media_id = await upload(api, "a.gif", out.getvalue())
    await process()
    found = await media_of(api, media_id)
    assert found["status"] == "READY", found
    answer = await get(api, found["url"])
    assert SECRET.encode() not in answer.content
    with Image.open(io.BytesIO(answer.content)) as shown:
        assert [frame.info["duration"] for frame in ImageSequence.Iterator(shown)] == [70, 70, 70]


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (bomb(40_000, 40_000), "points"),
        (picture("PNG")[:-30], "broken"),
        (b"\x89PNG\r\n\x1a\n" + os.urandom(500), "begins as PNG"),
        (b"GIF89a" + os.urandom(500), "broken|begins as GIF|points"),
        (b"\xff\xd8\xff\xe0" + os.urandom(500), "begins as JPEG|broken"),
    ],
    ids=["bomb", "cut off", "no PNG", "no GIF", "no JPEG"],
)
async def test_a_bomb_or_what_is_no_picture_is_rejected_with_the_reason(
    api: Api, process: Process, tmp_path: Path, body: bytes, why: str
) -> None:
    assert len(body) < 1_000_000
    media_id = await upload(api, "a.png", body)
    await process()
    found = await media_of(api, media_id)
    assert found["status"] == "REJECTED"
    assert any(part in found["rejectionReason"] for part in why.split("|")), found
    assert (found["url"], found["thumbnailUrl"]) == (None, None)
    assert not stored(tmp_path)
    assert await stored_bytes() == 0


async def test_an_animation_of_too_many_frames_is_rejected(api: Api, process: Process) -> None:
    frames = [Image.new("1", (3_000, 3_000), n % 2) for n in range(30)]
    out = io.BytesIO()
    frames[0].save(out, "GIF", save_all=True, append_images=frames[1:], duration=20)
    media_id = await upload(api, "a.gif", out.getvalue())
    await process()
    assert "frames" in (await media_of(api, media_id))["rejectionReason"]


async def test_a_worker_that_dies_is_tried_again_and_then_the_file_refused(
    api: Api, process: Process, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "executable", "/bin/false")
    media_id = await upload(api, "a.png", picture())
    for _ in range(processing.ATTEMPTS):
        with pytest.raises(WorkerDied):
            await process()
        assert (await media_of(api, media_id))["status"] == "PROCESSING"
    await process()
    assert (await media_of(api, media_id))["status"] == "REJECTED"


async def test_a_storage_that_is_away_is_waited_for_however_often(
    api: Api, resources: Resources, process: Process, monkeypatch: pytest.MonkeyPatch
) -> None:
    media_id = await upload(api, "a.png", picture())

    async def away(*_: Any, **__: Any) -> None:
        raise StorageAway

    with monkeypatch.context() as patch:
        patch.setattr(type(resources.storage), "get", away)
        for _ in range(processing.ATTEMPTS + 2):
            with pytest.raises(StorageAway):
                await process()
    await process()
    assert (await media_of(api, media_id))["status"] == "READY"


async def test_two_consumers_at_one_file_leave_the_work_of_one(
    api: Api, process: Process, tmp_path: Path
) -> None:
    media_id = await upload(api, "a.jpg", telling("JPEG"))
    await asyncio.gather(process(), process())
    found = await media_of(api, media_id)
    assert found["status"] == "READY"
    answer = await get(api, found["url"])
    assert hashlib.sha256(answer.content).hexdigest() == found["sha256"]
    assert len(stored(tmp_path)) == 2
    assert await stored_bytes() == sum(path.stat().st_size for path in stored(tmp_path))


async def test_a_file_whose_message_is_lost_is_announced_again(api: Api, resources: Resources) -> None:
    media_id = await upload(api, "a.png", picture())
    messages = resources.database.bus_messages
    await messages.delete_many({"queue": Queue("media")})
    await reconcile_media(resources.storage, resources.bus)
    assert await messages.count_documents({"queue": "media"}) == 0, "it was announced a moment ago"
    row = await resources.database.media.find_one({})
    assert row is not None
    long_ago = {"$set": {"touched_at": row["touched_at"] - UNHEARD}}
    await resources.database.media.update_one({}, long_ago)
    for _ in range(2):
        await reconcile_media(resources.storage, resources.bus)
        await resources.database.media.update_one({}, long_ago)
    assert await messages.count_documents({"queue": "media"}) == 1, "once, into a queue that is slow"
    assert (await media_of(api, media_id))["status"] == "PROCESSING"
