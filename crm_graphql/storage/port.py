"""The storage of files as the rest of the product sees it; `folder` and `s3` implement it.

An object is whole or not there: what is being put is seen under its key only once all of it is durable. A key
is made by the product, never by who sends a file.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterable, AsyncIterator
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from crm_graphql.core.errors import NotFound, Unavailable

KEY_LENGTH = 512
PIECE_BYTES = 1024**2
"""About so much is read at once."""

_KEY = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]*(/[A-Za-z0-9_-][A-Za-z0-9._-]*)*")


class StorageAway(Unavailable):
    """The storage cannot be reached, or does not answer in time. What was being put is not there."""

    def __init__(self) -> None:
        super().__init__("The storage of files is away. Try it again later.", retry_after_seconds=10)


class StorageFull(Unavailable):
    """The storage has no room for more. What was being put is not there."""

    def __init__(self) -> None:
        super().__init__(
            "The storage of files is full. Tell whoever runs this server; try it again later.",
            retry_after_seconds=60,
        )


class ObjectMissing(NotFound):
    """Nothing lies under this key."""

    def __init__(self) -> None:
        super().__init__("The file is not there any more.")


@dataclass(frozen=True, slots=True)
class Put:
    """What was put: how many bytes, and their SHA-256 in hexadecimal."""

    size_bytes: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Listed:
    """An object in a list. `put_at` is by the storage's clock."""

    key: str
    size_bytes: int
    put_at: datetime


class Reading(Protocol):
    """An object that is open to be read. Iterate it once; `close` in any case."""

    def __aiter__(self) -> AsyncIterator[bytes]:
        """The bytes in pieces of bounded size. Raises StorageAway where they break off."""

    async def close(self) -> None:
        """Let go of it, also before its end. Idempotent."""


class Storage(Protocol):
    """Objects under keys. Every call may raise StorageAway; none waits without end. Memory is bounded,
    whatever the size of an object."""

    async def put(self, key: str, pieces: AsyncIterable[bytes], *, content_type: str) -> Put:
        """Store the bytes under the key, over what was there. Durable when it returns.

        Where `pieces` raises, nothing is stored, and that is raised here; a caller who is cancelled leaves
        nothing or the whole. `content_type` is kept where the storage keeps one. Raises StorageFull.
        """

    async def get(self, key: str, *, offset: int = 0, length: int | None = None) -> Reading:
        """The bytes from `offset`, at most `length` of them; none beyond the end. Raises ObjectMissing."""

    async def size(self, key: str) -> int | None:
        """How many bytes lie under the key; None where nothing does."""

    async def delete(self, key: str) -> None:
        """Take the object away. Idempotent."""

    def list(self, folder: str) -> AsyncIterator[Listed]:
        """The objects whose keys begin with `folder` and a slash, in no order. What is put or deleted
        meanwhile may be among them or not."""

    async def sweep(self, before: datetime) -> int:
        """Take away what processes that died while they put something left behind, where that began before
        the moment; how much it was."""


def checked_key(key: str) -> str:
    """The key. Raises ValueError for one that could mean anything but an object: the program's mistake."""
    if len(key) > KEY_LENGTH or not _KEY.fullmatch(key):
        raise ValueError(f"{key[:100]!r} is no key of the storage")
    return key


async def read_whole(storage: Storage, key: str) -> bytes:
    """All bytes under a key, for objects that are known to be small. Raises ObjectMissing, StorageAway."""
    reading = await storage.get(key)
    try:
        return b"".join([piece async for piece in reading])
    finally:
        await reading.close()


async def gathered(pieces: AsyncIterable[bytes], size: int) -> AsyncIterator[bytes]:
    """The same bytes in pieces of exactly `size`, and a shorter last one; none where there are none."""
    held = bytearray()
    async for piece in pieces:
        held += piece
        while len(held) >= size:
            with memoryview(held) as view:
                yield bytes(view[:size])
            del held[:size]
    if held:
        yield bytes(held)
