"""Back-pressure: the doors wait, and in the end refuse, while too many accepted chunks are not applied."""

from __future__ import annotations

import asyncio
import time

from crm_graphql.core.errors import Unavailable
from crm_graphql.core.settings import Settings
from crm_graphql.ingestion.documents import ChunkState, IngestionChunk

CACHE_SECONDS = 0.5
POLL_SECONDS = 0.2
RETRY_AFTER_SECONDS = 10


class Admission:
    """The count of pending chunks of the whole deployment, as one body sees it."""

    def __init__(self, settings: Settings) -> None:
        self._limit = settings.pending_chunks_limit
        self._patience = settings.backpressure_wait_seconds
        self._counted_at = float("-inf")
        self._pending = 0

    async def wait_for_room(self, chunks: int = 0) -> None:
        """Return once there is room, for `chunks` that follow. Raises Unavailable after a bounded wait."""
        deadline = time.monotonic() + self._patience
        while await self._count() >= self._limit:
            if time.monotonic() >= deadline:
                raise Unavailable(
                    "Too many records are waiting to be applied. Send this again later, with the same "
                    "idempotency key to go on where it stopped.",
                    retry_after_seconds=RETRY_AFTER_SECONDS,
                )
            await asyncio.sleep(POLL_SECONDS)
            self._counted_at = float("-inf")
        self._pending += chunks

    async def _count(self) -> int:
        now = time.monotonic()
        if now - self._counted_at >= CACHE_SECONDS:
            self._pending = await IngestionChunk.get_pymongo_collection().count_documents(
                {"state": ChunkState.PENDING.value}, hint="pending", limit=self._limit + 1
            )
            self._counted_at = now
        return self._pending
