"""What the tests of files share: reading one whole, cutting it at random, packing it."""

from __future__ import annotations

import asyncio
import gzip
import io
import tracemalloc
import zipfile
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from hypothesis import strategies as st

from crm_graphql.core.bodies import Body
from crm_graphql.imports.files.recognise import LOOK_BYTES, recognise
from crm_graphql.imports.rows import RowProblem
from crm_graphql.imports.tables import FileForm, FileHints

PIECE_BYTES = 65_536


@dataclass(frozen=True)
class Found:
    """All that a table gave of a file."""

    headings: list[str]
    rows: list[Any]
    lines: list[int]
    form: FileForm

    @property
    def messages(self) -> list[str]:
        """What is said of the bad rows."""
        return [row.message for row in self.rows if isinstance(row, RowProblem)]

    @property
    def first_cells(self) -> list[Any]:
        """Of each row its first cell, or the problem's message."""
        return [row.message if isinstance(row, RowProblem) else row[0] for row in self.rows]


def read(*pieces: bytes, **hints: str | None) -> Found:
    """A file that comes in these pieces."""
    whole = b"".join(pieces)
    table = recognise(whole[:LOOK_BYTES], FileHints(**hints), is_whole=len(whole) <= LOOK_BYTES)
    rows, lines = list[Any](), list[int]()
    for batch in [*map(table.feed, pieces), table.finish()]:
        assert len(batch.rows) == len(batch.lines)
        rows += batch.rows
        lines += batch.lines
    return Found(table.headings, rows, lines, table.form)


def in_pieces(body: bytes) -> Sequence[bytes]:
    """A body as it comes over the network."""
    return [body[at : at + PIECE_BYTES] for at in range(0, len(body), PIECE_BYTES)]


def cut_at_random(data: st.DataObject, body: bytes) -> Sequence[bytes]:
    """The body in pieces of any size, empty ones among them."""
    cuts = sorted(data.draw(st.lists(st.integers(0, len(body)), max_size=8), label="cuts"))
    return [body[start:end] for start, end in pairwise([0, *cuts, len(body)])]


def unpacked(pieces: Sequence[bytes], limit_bytes: int = 10**9) -> bytes:
    """What the pieces of a body unpack to."""

    async def source() -> AsyncIterator[bytes]:
        for piece in pieces:
            yield piece

    async def taken() -> bytes:
        body = Body(source(), gzip=False, limit_bytes=limit_bytes)
        return b"".join([piece async for piece in body.pieces()])

    return asyncio.run(taken())


def drain(pieces: Sequence[bytes]) -> None:
    """Read a body to its end without keeping it."""

    async def source() -> AsyncIterator[bytes]:
        for piece in pieces:
            yield piece

    asyncio.run(Body(source(), gzip=False, limit_bytes=10**9).drain())


@contextmanager
def memory_below(size: int) -> Iterator[None]:
    """Python takes no more memory than this within the block."""
    tracemalloc.start()
    try:
        yield
        assert tracemalloc.get_traced_memory()[1] < size
    finally:
        tracemalloc.stop()


def zipped(*files: tuple[str, bytes], method: int = zipfile.ZIP_DEFLATED, streamed: bool = False) -> bytes:
    """A zip of these files; `streamed`: as a writer makes it that cannot go back to the headers."""
    file = Forward() if streamed else io.BytesIO()
    with zipfile.ZipFile(file, "w", method) as writer:
        for name, content in files:
            writer.writestr(name, content)
    return file.getvalue()


class Forward(io.BytesIO):
    """A file that cannot be sought, as a pipe."""

    def seekable(self) -> bool:
        return False

    def seek(self, *_: int) -> int:
        raise OSError

    def tell(self) -> int:
        raise OSError


PACKINGS: dict[str, Callable[[bytes], bytes]] = {
    "plain": lambda body: body,
    "gzip": gzip.compress,
    "zip": lambda body: zipped(("customers.csv", body)),
    "zip by a pipe": lambda body: zipped(("customers.csv", body), streamed=True),
    "zip of a Mac": lambda body: zipped(
        ("export/", b""),
        ("export/a.csv", body),
        ("__MACOSX/export/._a.csv", b"\0\5\x16\7"),
        (".DS_Store", b"x"),
    ),
    "zip, stored": lambda body: zipped(("a.csv", body), method=zipfile.ZIP_STORED),
    "zip in gzip": lambda body: gzip.compress(zipped(("a.csv", body))),
}
