"""A folder as storage: each object a file, put by a temporary one that is renamed once it is on the disk."""

from __future__ import annotations

import asyncio
import errno
import hashlib
import os
import uuid
from collections.abc import AsyncIterable, AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from io import FileIO
from pathlib import Path
from typing import TypeVar

from crm_graphql.storage.port import (
    PIECE_BYTES,
    Listed,
    ObjectMissing,
    Put,
    Reading,
    StorageAway,
    StorageFull,
    checked_key,
    gathered,
)

UNFINISHED = ".unfinished"
"""Where files lie until they are whole: no key begins with a dot."""
LISTED_AT_ONCE = 500

Result = TypeVar("Result")
_FULL = (errno.ENOSPC, errno.EDQUOT)


class FolderStorage:
    """Objects in a folder that all processes of the deployment share. Blocking calls are made in threads."""

    def __init__(self, root: Path, *, free_bytes: int) -> None:
        """`free_bytes` must stay free on its disk."""
        self._root = root
        self._free_bytes = free_bytes

    async def put(self, key: str, pieces: AsyncIterable[bytes], *, content_type: str) -> Put:
        """See the port."""
        target = self._path(key)
        file = await _done(partial(_Unfinished, self._root, self._free_bytes))
        try:
            async for piece in gathered(pieces, PIECE_BYTES):
                await _done(partial(file.write, piece))
            return await _done(partial(file.finish, target))
        finally:
            # A thread that was left to itself by a cancellation is waited for first: see `_done`.
            await _done(file.drop)

    async def get(self, key: str, *, offset: int = 0, length: int | None = None) -> Reading:
        """See the port."""
        file = await _done(partial(_opened, self._path(key), offset))
        return _FileReading(file, length)

    async def size(self, key: str) -> int | None:
        """See the port."""
        try:
            found = await _done(self._path(key).stat)
        except ObjectMissing:
            return None
        return found.st_size

    async def delete(self, key: str) -> None:
        """See the port."""
        await _done(partial(self._path(key).unlink, missing_ok=True))

    async def list(self, folder: str) -> AsyncIterator[Listed]:
        """See the port."""
        files = _files(self._path(folder))
        while found := await _done(partial(_listed, self._root, files)):
            for one in found:
                yield one

    async def sweep(self, before: datetime) -> int:
        """See the port."""
        return await _done(partial(_sweep, self._root / UNFINISHED, before))

    def _path(self, key: str) -> Path:
        return self._root.joinpath(*checked_key(key).split("/"))


class _Unfinished:
    """A file that is being written, and nobody sees."""

    def __init__(self, root: Path, free_bytes: int) -> None:
        self._root = root
        self._free_bytes = free_bytes
        self._hash = hashlib.sha256()
        self._size = 0
        folder = root / UNFINISHED
        folder.mkdir(parents=True, exist_ok=True)
        self._path = folder / uuid.uuid4().hex
        self._file = self._path.open("xb", buffering=0)

    def write(self, piece: bytes) -> None:
        disk = os.statvfs(self._root)
        if disk.f_bavail * disk.f_frsize < self._free_bytes + len(piece):
            raise StorageFull
        view = memoryview(piece)
        while view:
            view = view[self._file.write(view) :]
        self._hash.update(piece)
        self._size += len(piece)

    def finish(self, target: Path) -> Put:
        """Durable, then seen, then seen for good."""
        os.fsync(self._file.fileno())
        target.parent.mkdir(parents=True, exist_ok=True)
        os.replace(self._path, target)
        for folder in (target.parent, *target.parent.parents):
            _sync_folder(folder)
            if folder == self._root:
                break
        return Put(self._size, self._hash.hexdigest())

    def drop(self) -> None:
        """Close it; it is gone unless it was finished."""
        self._file.close()
        self._path.unlink(missing_ok=True)


class _FileReading:
    """Bytes of an open file."""

    def __init__(self, file: FileIO, length: int | None) -> None:
        self._file = file
        self._left = length

    async def __aiter__(self) -> AsyncIterator[bytes]:
        while self._left is None or self._left > 0:
            wanted = PIECE_BYTES if self._left is None else min(PIECE_BYTES, self._left)
            piece = await _done(partial(self._file.read, wanted))
            if not piece:
                return
            if self._left is not None:
                self._left -= len(piece)
            yield piece

    async def close(self) -> None:
        self._file.close()


async def _done(work: Callable[[], Result]) -> Result:
    """The result of work in a thread, its failure in the storage's words. A cancellation waits for the
    thread: what it does to a file is over when the file is closed."""
    task = asyncio.ensure_future(asyncio.to_thread(_told, work))
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.wait([task])
        raise


def _told(work: Callable[[], Result]) -> Result:
    with _in_words():
        return work()


@contextmanager
def _in_words() -> Iterator[None]:
    try:
        yield
    except FileNotFoundError as error:
        raise ObjectMissing from error
    except OSError as error:
        raise (StorageFull if error.errno in _FULL else StorageAway) from error


def _opened(path: Path, offset: int) -> FileIO:
    # Unbuffered: each read is one of the system's.
    file = path.open("rb", buffering=0)
    file.seek(offset)
    return file


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _files(folder: Path) -> Iterator[Path]:
    for within, _, names in os.walk(folder):
        for name in names:
            yield Path(within, name)


def _listed(root: Path, files: Iterator[Path]) -> list[Listed]:
    """The next of the files, up to some hundred."""
    found: list[Listed] = []
    for path in files:
        try:
            stat = path.stat()
        except FileNotFoundError:
            continue
        put_at = datetime.fromtimestamp(stat.st_mtime, UTC)
        found.append(Listed(path.relative_to(root).as_posix(), stat.st_size, put_at))
        if len(found) == LISTED_AT_ONCE:
            break
    return found


def _sweep(folder: Path, before: datetime) -> int:
    count = 0
    for path in folder.iterdir() if folder.is_dir() else ():
        try:
            if path.stat().st_mtime < before.timestamp():
                path.unlink()
                count += 1
        except FileNotFoundError:
            continue
    return count
