"""Turns of the chunks that this process applies: which may run side by side, and which goes first."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from crm_graphql.ingestion.states import Lane


class ChunkTurns:
    """Chunks of one partition are applied one after another: side by side they would meet in conflicts.

    Of the bulk ones only so many are applied at once: their transactions share the database's cache, and
    when it is full of what is not yet committed every one of them stands still. A small chunk waits for none
    but the one that its partition is at, so it is next whatever waits. Small and bulk ones of a partition
    take turns, so that no number of small ones stops an import.
    """

    def __init__(self, bulk_at_once: int) -> None:
        self._bulk = asyncio.Semaphore(bulk_at_once)
        self._partitions: defaultdict[int, asyncio.Lock] = defaultdict(asyncio.Lock)

    @asynccontextmanager
    async def take(self, partition: int, lane: Lane) -> AsyncIterator[None]:
        """Wait for the turn of a chunk, and have it until the context ends."""
        if lane is Lane.INTERACTIVE:
            async with self._partitions[partition]:
                yield
            return
        # In this order: who waits for room among the bulk ones must not keep its partition from the small.
        async with self._bulk, self._partitions[partition]:
            yield
