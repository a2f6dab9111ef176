"""Bodies of requests: their bytes unpacked, counted against a limit, in pieces or as a whole."""

from __future__ import annotations

import asyncio
import hashlib
import zlib
from collections.abc import AsyncGenerator, AsyncIterator

from crm_graphql.core.errors import InvalidInput, LimitExceeded
from crm_graphql.core.zips import Unzip, is_archive

GZIP_MAGIC = b"\x1f\x8b"
PIECE_BYTES = 64 * 1024
UNPACKED_BYTES = 256 * 1024
"""The most that is unpacked at a time, whatever the body claims."""
RATIO_LIMIT = 300
RATIO_FREE_BYTES = 16 * 1024**2
"""What unpacks to more than this, and to more than RATIO_LIMIT times its size, is a bomb: tables of customers
unpack to thirty times their size, and deflate goes to a thousand."""


async def read_whole(
    source: AsyncIterator[bytes], *, limit_bytes: int, seconds: float, gzip: bool = False
) -> bytes:
    """A body of bounded size, unpacked. Reads no further than the limit, packed and unpacked alike.

    Raises LimitExceeded beyond it, InvalidInput for broken gzip, TimeoutError when the body takes longer than
    `seconds` to come.
    """
    async with asyncio.timeout(seconds):
        if gzip:
            body = Body(source, gzip=True, limit_bytes=limit_bytes)
            return b"".join([piece async for piece in body.pieces()])
        pieces: list[bytes] = []
        size = 0
        async for piece in source:
            size += len(piece)
            if size > limit_bytes:
                raise LimitExceeded(f"The body is larger than {limit_bytes} bytes.")
            pieces.append(piece)
        return b"".join(pieces)


def promises_more(content_length: str | None, limit_bytes: int) -> bool:
    """Whether the header Content-Length promises more than the limit, by a number of any length."""
    promised = content_length or ""
    if not (promised.isascii() and promised.isdigit()):
        return False
    # Python reads no number of thousands of digits.
    return len(promised) > 18 or int(promised) > limit_bytes


class Body:
    """A body piece by piece: unpacked where it is gzip, or a zip of one file. Iterate `pieces` once, to its
    end; then `hash` is that of the unpacked bytes."""

    def __init__(
        self,
        source: AsyncIterator[bytes],
        *,
        gzip: bool,
        limit_bytes: int,
        piece_seconds: float | None = None,
    ) -> None:
        """`piece_seconds` bounds how long 64 KiB of `source`, or the rest, may take to come."""
        self._source = source
        self._gzip = gzip
        self._limit = limit_bytes
        self._piece_seconds = piece_seconds
        self._size = 0
        self._packed_size = 0
        self._hash = hashlib.sha256()

    @property
    def hash(self) -> str:
        """Hash of what was read so far."""
        return self._hash.hexdigest()

    async def pieces(self) -> AsyncGenerator[bytes, None]:
        """The unpacked bytes. Raises InvalidInput for broken gzip or zip, LimitExceeded beyond the limit,
        TimeoutError for a source that is too slow."""
        packed = paced(self._source, self._piece_seconds)
        async for piece in self._unzipped(self._gunzipped(packed)):
            self._count(piece)
            yield piece

    async def _gunzipped(self, source: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
        is_first, unpack = True, None
        async for packed in source:
            self._packed_size += len(packed)
            if is_first:
                is_first = False
                if packed.startswith(GZIP_MAGIC):
                    unpack = Gunzip()
                elif self._gzip:
                    raise InvalidInput("Content-Encoding says gzip, but the body is not gzip.")
            if unpack is None:
                yield packed
                continue
            unpack.put(packed)
            while piece := unpack.take():
                yield piece
                # A small body may unpack to a great deal: let others have their turn.
                await asyncio.sleep(0)
        if unpack is not None:
            unpack.end()

    async def _unzipped(self, source: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
        is_first, unpack = True, None
        async for packed in source:
            if is_first:
                is_first = False
                unpack = Unzip() if is_archive(packed) else None
            if unpack is None:
                yield packed
                continue
            unpack.put(packed)
            while piece := unpack.take():
                yield piece
                await asyncio.sleep(0)
        if unpack is not None:
            unpack.end()

    async def drain(self) -> None:
        """Read the body only for its hash."""
        async for _ in self.pieces():
            pass

    def _count(self, piece: bytes) -> None:
        self._size += len(piece)
        if self._size > self._limit:
            raise LimitExceeded(f"The body is larger than {self._limit} bytes. Split it.")
        if self._size > max(RATIO_FREE_BYTES, self._packed_size * RATIO_LIMIT):
            raise LimitExceeded(
                f"The body unpacks to more than {RATIO_LIMIT} times its size. Send it unpacked."
            )
        self._hash.update(piece)


class Gunzip:
    """Unpacks gzip of any number of members, a bounded piece at a time."""

    def __init__(self) -> None:
        self._packed = b""
        self._stream = zlib.decompressobj(wbits=31)
        self._is_within = False

    def put(self, packed: bytes) -> None:
        """Give further packed bytes."""
        self._packed += packed

    def take(self) -> bytes:
        """The next unpacked bytes; empty when more packed ones are needed."""
        while self._packed or self._stream.unconsumed_tail:
            try:
                piece = self._stream.decompress(self._packed, UNPACKED_BYTES)
            except zlib.error as error:
                raise InvalidInput(f"The gzip body is broken: {error}.") from None
            self._is_within = True
            self._packed = self._stream.unconsumed_tail
            if self._stream.eof:
                # Zero bytes may fill up the end of a gzip file.
                self._packed = self._stream.unused_data.lstrip(b"\x00")
                self._stream = zlib.decompressobj(wbits=31)
                self._is_within = False
            if piece:
                return piece
            if not self._packed:
                break
        return b""

    def end(self) -> None:
        """Raise InvalidInput unless the last member is complete."""
        if self._is_within:
            raise InvalidInput("The gzip body ends too early. Was the upload cut off?")


async def paced(source: AsyncIterator[bytes], seconds: float | None) -> AsyncIterator[bytes]:
    """The same bytes in pieces that are worth the work on each. Raises TimeoutError where 64 KiB, or the
    rest, do not come within the time."""
    ended = False
    while not ended:
        parts: list[bytes] = []
        size = 0
        async with asyncio.timeout(seconds):
            while size < PIECE_BYTES:
                part = await anext(source, None)
                if part is None:
                    ended = True
                    break
                parts.append(part)
                size += len(part)
        if size:
            yield b"".join(parts) if len(parts) > 1 else parts[0]
