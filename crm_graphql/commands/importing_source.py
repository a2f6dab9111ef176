"""Sources of `crm import`: a file, or standard input kept on disk, to be sent again after a loss."""

from __future__ import annotations

import contextlib
import os
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from threading import Condition, Thread

from crm_graphql.commands.failing import CommandFailed

STDIN = Path("-")
PIECE_BYTES = 256 * 1024
PREVIEW_BYTES = 1024**2
"""So much says what a file is; a workbook goes whole, for its table of contents is its end."""
WAIT_SECONDS = 0.2
GZIP_MAGIC, ZIP_MAGIC = b"\x1f\x8b", b"PK"
UNKNOWN_TYPE = "application/octet-stream"
CONTENT_TYPES = {
    ".csv": "text/csv",
    ".tsv": "text/tab-separated-values",
    ".txt": "text/plain",
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ".ndjson": "application/x-ndjson",
    ".jsonl": "application/x-ndjson",
    ".json": "application/json",
    ".zip": "application/zip",
}


@dataclass(frozen=True, slots=True)
class Source:
    """What is sent. `size` in bytes, None where nobody knows yet; `pieces` gives the same bytes each time."""

    name: str
    size: int | None
    pieces: Callable[[], Iterator[bytes]]
    is_gzip: bool
    content_type: str

    def beginning(self) -> Iterator[bytes]:
        """What a preview needs of it."""
        left = PREVIEW_BYTES
        for piece in self.pieces():
            if left == PREVIEW_BYTES and piece[:2] == ZIP_MAGIC:
                left = sys.maxsize
            if left <= 0:
                return
            yield piece[:left]
            left -= len(piece)


@contextlib.contextmanager
def source_of(file: Path) -> Iterator[Source]:
    """The file, or standard input for `-`. Raises CommandFailed for what cannot be read."""
    if file == STDIN:
        with Spool(sys.stdin.fileno()) as spool:
            yield Source("stdin", None, spool.pieces, spool.beginning(2) == GZIP_MAGIC, UNKNOWN_TYPE)
        return
    if not file.is_file():
        raise CommandFailed(f"{file} is no file." if file.exists() else f"{file} does not exist.")
    try:
        with file.open("rb") as opened:
            is_gzip = opened.read(2) == GZIP_MAGIC
    except OSError as error:
        raise _unreadable(file, error) from None
    suffix = Path(file.name.removesuffix(".gz")).suffix.lower()
    content_type = CONTENT_TYPES.get(suffix, UNKNOWN_TYPE)
    yield Source(file.name, file.stat().st_size, lambda: read_pieces(file), is_gzip, content_type)


def read_pieces(file: Path) -> Iterator[bytes]:
    """The bytes of `file`. Raises CommandFailed when it cannot be read to its end."""
    try:
        with file.open("rb") as bytes_of:
            while piece := bytes_of.read(PIECE_BYTES):
                yield piece
    except OSError as error:
        raise _unreadable(file, error) from None


def _unreadable(file: Path, error: OSError) -> CommandFailed:
    return CommandFailed(f"{file} cannot be read: {error.strerror}.")


class Spool:
    """A stream that can be read once, kept on disk while it is: a context manager, the file gone after it."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._changed = Condition()
        self._size = 0
        self._is_ended = False
        self._error: OSError | None = None

    def __enter__(self) -> Spool:
        self._file = tempfile.TemporaryFile(prefix="crm-import-", buffering=0)
        # A thread that waits for a pipe keeps nobody from leaving.
        Thread(target=self._read, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        with self._changed:
            self._is_ended = True
            self._file.close()

    def beginning(self, count: int) -> bytes:
        """The first bytes, once they are there; fewer of a stream that has ended."""
        with self._changed:
            self._changed.wait_for(lambda: self._size >= count or self._is_ended)
            self._check()
            return os.pread(self._file.fileno(), count, 0)

    def pieces(self) -> Iterator[bytes]:
        """All of it from its first byte; an empty piece where the next one is waited for. Raises
        CommandFailed where it cannot be read or kept."""
        at = 0
        while True:
            with self._changed:
                if at == self._size and not self._is_ended:
                    self._changed.wait(WAIT_SECONDS)
                self._check()
                size, is_ended = self._size, self._is_ended
            if at == size and is_ended:
                return
            piece = os.pread(self._file.fileno(), min(PIECE_BYTES, size - at), at)
            yield piece
            at += len(piece)

    def _check(self) -> None:
        if self._error is not None:
            raise CommandFailed(f"Standard input cannot be kept or read: {self._error.strerror}.")

    def _read(self) -> None:
        try:
            while piece := os.read(self._descriptor, PIECE_BYTES):
                with self._changed:
                    if self._is_ended:
                        return
                    view = memoryview(piece)
                    while view:
                        view = view[self._file.write(view) :]
                    self._size += len(piece)
                    self._changed.notify_all()
        except OSError as error:
            self._error = error
        with self._changed:
            self._is_ended = True
            self._changed.notify_all()
