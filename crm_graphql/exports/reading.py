"""Reading in batches: cursors that are read ahead, and the places at which a walk can go on."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple, Protocol

from bson import ObjectId
from pymongo.asynchronous.cursor import AsyncCursor

from crm_graphql.core.paging import Row
from crm_graphql.customers.erased import erased_since
from crm_graphql.exports.tables import Values

ROWS_AT_ONCE = 500
"""Read, written and packed between two pauses: 10 ms in which the process does nothing else."""
_LATEST_ERASURE = timedelta(minutes=5)
"""An erasure's moment is this much before its commit at the most."""

Place = Mapping[str, Any]
"""Where a walk goes on, as MongoDB holds it."""


class Batch(NamedTuple):
    """Rows, and the place behind them; None within what is only gone through as a whole."""

    rows: Sequence[Values]
    place: Place | None


class Lines(Protocol):
    """Writes rows to the file."""

    @property
    def head(self) -> bytes:
        """What stands before the first row."""

    def of(self, rows: Sequence[Values]) -> bytes:
        """The lines of rows."""


class Source(Protocol):
    """The rows of one export."""

    @property
    def lines(self) -> Lines:
        """How they are written."""

    def batches(self, place: Place | None) -> AsyncGenerator[Batch, None]:
        """The rows behind a place, from the beginning without one; each once, and none left out."""


async def in_batches(cursor: AsyncCursor[dict[str, Any]]) -> AsyncGenerator[list[Row], None]:
    """What the cursor gives, ROWS_AT_ONCE at a time: the next ones are read while the caller is at these."""
    following = _read(cursor)
    try:
        while rows := await following:
            following = _read(cursor)
            yield rows
    finally:
        # Not cut off in the middle: that would cost the driver its connection.
        await asyncio.wait([following])
        if not following.cancelled():
            following.exception()
        await cursor.close()


def _read(cursor: AsyncCursor[dict[str, Any]]) -> asyncio.Future[list[Row]]:
    return asyncio.ensure_future(_next_of(cursor))


async def _next_of(cursor: AsyncCursor[dict[str, Any]]) -> list[Row]:
    return list(await cursor.to_list(ROWS_AT_ONCE))


async def erased_of(customers: Collection[ObjectId], as_of: datetime) -> Collection[ObjectId]:
    """Those of the customers who were erased after the moment that is read: they are in no file."""
    return await erased_since(as_of - _LATEST_ERASURE, customers) if customers else ()
