"""The spool: hits that the bus could not take in time, in files that only grow until they are published.

Each write is one call to the system before the click is answered: what was answered survives the end of the
process, however it ends. To the disk itself it goes within a second: that much a power cut takes.
"""

from __future__ import annotations

import fcntl
import os
import struct
import time
import uuid
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec
from structlog import get_logger

from crm_graphql.tracking.hits import Hit

_HEAD = struct.Struct(">II")
_LONGEST_RECORD = 4_096
_encode = msgspec.msgpack.Encoder().encode
_decoder = msgspec.msgpack.Decoder(Hit)
_log = get_logger(__name__)


class Spool:
    """The files of one folder, which several processes may share: each writes to one of its own, and reads
    those that nobody writes to any more."""

    def __init__(self, folder: Path, *, limit_bytes: int) -> None:
        self._folder = folder
        self._limit = limit_bytes
        self._file: int | None = None
        self._path: Path | None = None
        self._bytes = 0
        """Of all files, as far as this process knows."""
        self._is_dirty = False
        self.dropped = 0
        """Hits that found no room, since the start."""

    def append(self, hits: Sequence[Hit]) -> None:
        """Keep the hits. What finds no room, or no disk, is dropped and counted."""
        record = b"".join(map(_framed, hits))
        try:
            if self._bytes + len(record) > self._limit:
                raise OSError(f"the spool is full ({self._limit} bytes)")
            if self._file is None:
                self._open()
            assert self._file is not None
            if os.write(self._file, record) != len(record):
                # What comes behind half a record could not be read any more.
                self.seal()
                raise OSError("the disk took half a record")
        except OSError as error:
            if not self.dropped:
                _log.error("opens and clicks are lost", error=str(error))
            self.dropped += len(hits)
            return
        self._bytes += len(record)
        self._is_dirty = True

    def seal(self) -> None:
        """End the file that is written to, so that it can be read."""
        if self._file is not None:
            os.close(self._file)
            self._file = self._path = None

    def sync(self) -> None:
        """Have what was written reach the disk. Blocks."""
        if self._file is not None and self._is_dirty:
            self._is_dirty = False
            os.fsync(self._file)

    def sealed(self) -> Iterator[SealedFile]:
        """The files that nobody writes to, oldest first, also those of processes that died. Each is held by
        one reader at a time, until it is asked for the next."""
        paths = sorted(self._folder.glob("*.hits")) if self._folder.is_dir() else []
        self._bytes = sum(_size(path) for path in paths)
        for path in paths:
            if path == self._path or (descriptor := _locked(path)) is None:
                continue
            try:
                yield SealedFile(path, descriptor)
            finally:
                os.close(descriptor)

    def _open(self) -> None:
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        path = self._folder / f"{time.time_ns()}-{uuid.uuid4().hex[:8]}.hits"
        descriptor = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_APPEND, 0o600)
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        self._file, self._path = descriptor, path


class SealedFile:
    """A file of the spool that is being read."""

    def __init__(self, path: Path, descriptor: int) -> None:
        self._path = path
        self._descriptor = descriptor

    def hits(self) -> Iterator[Hit]:
        """All that can be read: a process that died may have left half a record at the end."""
        with os.fdopen(os.dup(self._descriptor), "rb") as file:
            file.seek(0)
            while len(head := file.read(_HEAD.size)) == _HEAD.size:
                length, checksum = _HEAD.unpack(head)
                record = file.read(length) if length <= _LONGEST_RECORD else b""
                if len(record) != length or zlib.crc32(record) != checksum:
                    break
                try:
                    yield _decoder.decode(record)
                except msgspec.DecodeError as error:
                    # Of another release.
                    _log.error("a hit of the spool cannot be read", error=str(error))

    def delete(self) -> None:
        """All of it is published."""
        self._path.unlink(missing_ok=True)


def _framed(hit: Hit) -> bytes:
    record = _encode(hit)
    return _HEAD.pack(len(record), zlib.crc32(record)) + record


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0


def _locked(path: Path) -> int | None:
    """The file, opened and held; None where another process writes or reads it, or has just deleted it."""
    try:
        descriptor = os.open(path, os.O_RDONLY)
    except FileNotFoundError:
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if path.exists():
            return descriptor
    except OSError:
        pass
    os.close(descriptor)
    return None
