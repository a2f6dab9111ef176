"""Processing of files: pictures are read in a process of their own, and what they tell is taken out."""

from __future__ import annotations

import asyncio
import os
import sys
import tempfile
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any, BinaryIO

import msgspec
from bson import ObjectId
from pymongo import ReturnDocument
from pymongo.asynchronous.client_session import AsyncClientSession
from structlog import get_logger

from crm_graphql.bus.port import Bus, Event
from crm_graphql.core.paging import Row
from crm_graphql.media.documents import Media, MediaStatus
from crm_graphql.media.intake import new_object_key
from crm_graphql.media.messages import media_topic
from crm_graphql.media.removals import note_removals, remove_noted
from crm_graphql.media.room import change_room
from crm_graphql.media.types import FILE_TYPES
from crm_graphql.mongo.transactions import Transact
from crm_graphql.storage.port import PIECE_BYTES, ObjectMissing, Put, Storage

ATTEMPTS = 3
"""A file that takes its worker or its consumer down so often is refused."""
WORKER_SECONDS = 120.0
_FATAL = "It could not be read: each try ended the program that read it."
_log = get_logger(__name__)


class WorkerDied(Exception):
    """The worker ended without a word: it was killed, or the machine has no room for it. Try again."""


class _Told(msgspec.Struct):
    """What the worker prints."""

    refused: str | None = None
    is_clean: bool = True
    thumbnail_type: str | None = None


@dataclass(frozen=True, slots=True)
class _Made:
    """What becomes of a file: changes of its document, and the objects that are new."""

    changes: dict[str, Any]
    charged_bytes: int
    keys: tuple[str, ...] = ()


async def process_media(
    key: ObjectId, *, storage: Storage, transact: Transact, bus: Bus, picture_pixels: int
) -> None:
    """Make one file READY, or REJECTED with the reason, and tell who watches it. Again, or beside another who
    does the same, it changes nothing.

    Raises StorageAway, StorageFull and WorkerDied, after which it is to be tried again.
    """
    media = await _taken_in_hand(key)
    if media is None:
        return
    if media["attempts"] > ATTEMPTS:
        await _reject(media, _FATAL, transact=transact, storage=storage)
    else:
        told = FILE_TYPES[media["content_type"]].picture
        try:
            made = await _read_picture(media, told, storage, picture_pixels) if told else _as_it_is(media)
        except _Refused as refusal:
            await _reject(media, str(refusal), transact=transact, storage=storage)
        else:
            await _finish(media, made, transact=transact, storage=storage)
    await bus.broadcast(Event(topic=media_topic(key)))


class _Refused(Exception):
    """The file is not taken, for this reason."""


async def _taken_in_hand(key: ObjectId) -> Row | None:
    return await Media.get_pymongo_collection().find_one_and_update(
        {"_id": key, "status": MediaStatus.PROCESSING.value},
        [{"$set": {"touched_at": "$$NOW", "attempts": {"$add": ["$attempts", 1]}}}],
        return_document=ReturnDocument.AFTER,
    )


def _as_it_is(media: Row) -> _Made:
    return _Made({}, media["charged_bytes"])


async def _read_picture(media: Row, form: str, storage: Storage, pixels: int) -> _Made:
    """Files without names: nothing of them is left, however this process ends."""
    with (
        tempfile.TemporaryFile() as source,
        tempfile.TemporaryFile() as copy,
        tempfile.TemporaryFile() as small,
    ):
        try:
            await _fetch(storage, media["key"], source)
        except ObjectMissing:
            raise _Refused("The file is not there any more.") from None
        except Exception:
            await _forget_attempt(media)
            raise
        told = await _ask_worker(form, pixels, source, copy, small)
        await _forget_attempt(media)
        if told.refused is not None or told.thumbnail_type is None:
            raise _Refused(told.refused or "It could not be read.")
        return await _stored(media, told, None if told.is_clean else copy, small, storage)


async def _stored(media: Row, told: _Told, copy: BinaryIO | None, small: BinaryIO, storage: Storage) -> _Made:
    """Put what the worker made. Where that breaks off the sweeper takes away what is there of it."""
    changes: dict[str, Any] = {}
    size = media["size_bytes"]
    keys: list[str] = []
    if copy is not None:
        key, put = await _put(media, copy, media["content_type"], storage)
        keys.append(key)
        size = put.size_bytes
        changes |= {"key": key, "size_bytes": size, "sha256": put.sha256}
    key, put = await _put(media, small, told.thumbnail_type or "", storage)
    keys.append(key)
    changes["thumbnail"] = {
        "key": key,
        "content_type": told.thumbnail_type,
        "size_bytes": put.size_bytes,
    }
    return _Made(changes, size + put.size_bytes, tuple(keys))


async def _ask_worker(form: str, pixels: int, source: BinaryIO, copy: BinaryIO, small: BinaryIO) -> _Told:
    """Raises WorkerDied."""
    source.seek(0)
    worker = await asyncio.create_subprocess_exec(
        *(sys.executable, "-I", "-m", "crm_graphql.media.picture_worker"),
        *(form, str(pixels), str(copy.fileno()), str(small.fileno())),
        stdin=source,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        pass_fds=(copy.fileno(), small.fileno()),
        # No secret of the deployment is where a picture is read.
        env={"PATH": os.defpath},
    )
    try:
        async with asyncio.timeout(WORKER_SECONDS):
            said, complaint = await worker.communicate()
    except TimeoutError:
        raise WorkerDied("a picture took too long") from None
    finally:
        if worker.returncode is None:
            worker.kill()
            await worker.wait()
    if worker.returncode != 0:
        _log.warning("picture worker died", code=worker.returncode, complaint=complaint.decode()[-500:])
        raise WorkerDied(f"the worker ended with {worker.returncode}")
    return msgspec.json.decode(said, type=_Told)


async def _fetch(storage: Storage, key: str, target: BinaryIO) -> None:
    reading = await storage.get(key)
    try:
        async for piece in reading:
            await asyncio.to_thread(target.write, piece)
    finally:
        await reading.close()
    target.flush()


async def _put(media: Row, file: BinaryIO, content_type: str, storage: Storage) -> tuple[str, Put]:
    async def pieces() -> AsyncIterator[bytes]:
        file.seek(0)
        while piece := await asyncio.to_thread(file.read, PIECE_BYTES):
            yield piece

    key = new_object_key(media["_id"])
    return key, await storage.put(key, pieces(), content_type=content_type)


async def _forget_attempt(media: Row) -> None:
    """Whoever read it has come back: what fails from here on is not the file's fault."""
    await Media.get_pymongo_collection().update_one({"_id": media["_id"]}, {"$set": {"attempts": 0}})


async def _reject(media: Row, reason: str, *, transact: Transact, storage: Storage) -> None:
    _log.info("media rejected", media_id=str(media["_id"]), reason=reason)
    changes = {"rejection_reason": reason, "key": None}
    await _mark(media, MediaStatus.REJECTED, _Made(changes, 0), transact, storage)


async def _finish(media: Row, made: _Made, *, transact: Transact, storage: Storage) -> None:
    await _mark(media, MediaStatus.READY, made, transact, storage)


async def _mark(media: Row, status: MediaStatus, made: _Made, transact: Transact, storage: Storage) -> None:
    """The final state, in one transaction with the room and with what is to be removed: the former object, or
    the new ones where another was quicker."""
    replaced = [media["key"]] if made.changes.get("key", media["key"]) != media["key"] else []

    async def work(session: AsyncClientSession) -> list[str]:
        result = await Media.get_pymongo_collection().update_one(
            {"_id": media["_id"], "status": MediaStatus.PROCESSING.value, "key": media["key"]},
            [
                {"$set": {**made.changes, "status": status.value, "charged_bytes": made.charged_bytes}},
                {"$set": {"attempts": 0, "updated_at": "$$NOW"}},
            ],
            session=session,
        )
        gone = replaced if result.matched_count else list(made.keys)
        await note_removals(gone, session)
        if result.matched_count:
            await change_room(made.charged_bytes - media["charged_bytes"], session)
        return gone

    if gone := await transact(work):
        await remove_noted(storage, gone)
