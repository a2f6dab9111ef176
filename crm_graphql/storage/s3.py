"""A bucket as storage, on a server that speaks S3. Imported only where one is: the client is 15 MB."""

from __future__ import annotations

import asyncio
import hashlib
import re
from collections.abc import AsyncIterable, AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

import obstore
from obstore.exceptions import BaseError
from obstore.store import S3Store
from structlog import get_logger

from crm_graphql.storage.port import (
    Listed,
    ObjectMissing,
    Put,
    Reading,
    StorageAway,
    StorageFull,
    checked_key,
    gathered,
)

PART_BYTES = 8 * 1024**2
"""S3 takes 10,000 parts of an object, each but the last of 5 MiB or more: here up to 78 GiB."""
READ_BYTES = 4 * 1024**2
"""Read by one request, so that whoever reads slowly keeps no connection."""
ATTEMPTS = 3
LISTED_AT_ONCE = 1000

_FULL = re.compile("QuotaExceeded|StorageFull|InsufficientStorage|InsufficientCapacity")
_log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Bucket:
    """Where a bucket is, and how it is entered. Without keys the machine's own are taken."""

    name: str
    endpoint: str
    region: str
    access_key: str
    secret_key: str
    timeout_seconds: float
    """For one request: of a part of 8 MiB, or less."""


class S3Storage:
    """Objects in a bucket."""

    def __init__(self, bucket: Bucket) -> None:
        """Raises ValueError for an address or a name that can be none."""
        self._store = _connected(bucket)

    async def put(self, key: str, pieces: AsyncIterable[bytes], *, content_type: str) -> Put:
        """See the port. Large ones go up in parts, of which nothing is seen before the last."""
        counted = _Counted(pieces)
        parts = gathered(counted, PART_BYTES)
        first = await anext(parts, b"")
        upload = _Upload(self._store, checked_key(key), content_type)
        if len(first) < PART_BYTES:
            await upload.whole(first)
        else:
            await upload.in_parts(first, parts)
        return counted.put

    async def get(self, key: str, *, offset: int = 0, length: int | None = None) -> Reading:
        """See the port."""
        size = await self.size(key)
        if size is None:
            raise ObjectMissing
        end = size if length is None else min(size, offset + length)
        return _Ranges(self._store, key, offset, end)

    async def size(self, key: str) -> int | None:
        """See the port."""
        try:
            with _in_words(key):
                return (await obstore.head_async(self._store, checked_key(key)))["size"]
        except ObjectMissing:
            return None

    async def delete(self, key: str) -> None:
        """See the port."""
        try:
            with _in_words(key):
                await obstore.delete_async(self._store, checked_key(key))
        except ObjectMissing:
            return

    async def list(self, folder: str) -> AsyncIterator[Listed]:
        """See the port."""
        with _in_words(folder):
            async for some in obstore.list(self._store, checked_key(folder), chunk_size=LISTED_AT_ONCE):
                for one in some:
                    yield Listed(one["path"], one["size"], one["last_modified"])

    async def sweep(self, before: datetime) -> int:
        """Nothing: parts of uploads that broke off are not seen, and go by a rule of the bucket."""
        return 0


class _Counted:
    """Pieces that are hashed and counted as they go by."""

    def __init__(self, pieces: AsyncIterable[bytes]) -> None:
        self._pieces = pieces
        self._hash = hashlib.sha256()
        self._size = 0

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for piece in self._pieces:
            self._size += len(piece)
            self._hash.update(piece)
            yield piece

    @property
    def put(self) -> Put:
        """What went by."""
        return Put(self._size, self._hash.hexdigest())


class _BrokenOff(Exception):
    """Whoever gives the parts gives no more: what is there of them is to be given up."""


class _Upload:
    """One object on its way up.

    The client takes parts from an iterator and gives an upload up when that raises, and only then; so the
    parts are handed to it one by one, and a cancellation of the giver is such an error to it.
    """

    def __init__(self, store: S3Store, key: str, content_type: str) -> None:
        self._store = store
        self._key = key
        self._content_type = content_type
        self._part: bytes | _BrokenOff | None = None
        self._given, self._taken = asyncio.Event(), asyncio.Event()
        self._is_over = False

    async def whole(self, body: bytes | AsyncIterator[bytes]) -> None:
        """In one request, or as one upload in parts."""
        try:
            with _in_words(self._key):
                await obstore.put_async(
                    self._store,
                    self._key,
                    body,
                    attributes={"Content-Type": self._content_type},
                    chunk_size=PART_BYTES,
                    max_concurrency=1,
                )
        finally:
            self._is_over = True
            self._taken.set()

    async def in_parts(self, first: bytes, rest: AsyncIterator[bytes]) -> None:
        """While a part is on its way the next one is gathered."""
        sending = asyncio.create_task(self.whole(self._handed_over()))
        try:
            await self._give(first)
            async for part in rest:
                if sending.done():
                    break
                await self._give(part)
            await self._give(None)
            await asyncio.shield(sending)
        except BaseException:
            self._part = _BrokenOff()
            self._given.set()
            await asyncio.wait([sending])
            sending.exception()
            raise

    async def _give(self, part: bytes | None) -> None:
        if self._is_over:
            return
        self._part = part
        self._taken.clear()
        self._given.set()
        await self._taken.wait()

    async def _handed_over(self) -> AsyncIterator[bytes]:
        while True:
            await self._given.wait()
            self._given.clear()
            part = self._part
            if isinstance(part, _BrokenOff):
                raise part
            self._taken.set()
            if part is None:
                return
            yield part


class _Ranges:
    """The bytes of an object, by one bounded request after the other: none is written over with others."""

    def __init__(self, store: S3Store, key: str, start: int, end: int) -> None:
        self._store = store
        self._key = key
        self._start = start
        self._end = end

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for start in range(self._start, self._end, READ_BYTES):
            end = min(self._end, start + READ_BYTES)
            with _in_words(self._key):
                piece = await obstore.get_range_async(self._store, self._key, start=start, end=end)
            yield piece.to_bytes()

    async def close(self) -> None:
        """Nothing is held between two requests."""


def _connected(bucket: Bucket) -> S3Store:
    timeout = timedelta(seconds=bucket.timeout_seconds)
    given = {
        "endpoint": bucket.endpoint,
        "access_key_id": bucket.access_key,
        "secret_access_key": bucket.secret_key,
    }
    return S3Store(
        bucket.name,
        config={name: value for name, value in given.items() if value},  # type: ignore[arg-type]
        region=bucket.region,
        virtual_hosted_style_request=False,
        client_options={
            "allow_http": bucket.endpoint.startswith("http://"),
            "connect_timeout": min(timeout, timedelta(seconds=5)),
            "timeout": timeout,
        },
        retry_config={"max_retries": ATTEMPTS - 1, "retry_timeout": timeout},
    )


@contextmanager
def _in_words(key: str) -> Iterator[None]:
    """Failures of the client in the storage's words. What its server said is for the log alone."""
    try:
        yield
    except (FileNotFoundError, BaseError) as error:
        said = str(error).partition("\n\nDebug source")[0]
        if isinstance(error, FileNotFoundError) and "NoSuchBucket" not in said:
            raise ObjectMissing from None
        _log.warning("storage failed", key=key, error=said[:500])
        is_full = _FULL.search(said) or "status code: 507" in said
        raise (StorageFull if is_full else StorageAway) from None
