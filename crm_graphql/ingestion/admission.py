"""Back-pressure: the doors wait, and in the end refuse, while too many accepted records are not applied."""

from __future__ import annotations

import asyncio
import time
from typing import Any

from crm_graphql.core.errors import Unavailable
from crm_graphql.core.settings import Settings
from crm_graphql.ingestion.chunks import LEAST_WEIGHT
from crm_graphql.ingestion.documents import IngestionChunk
from crm_graphql.ingestion.states import ChunkState, Lane

CACHE_SECONDS = 0.5
POLL_SECONDS = 0.2
RETRY_AFTER_SECONDS = 10


class Admission:
    """The weight of the deployment's pending chunks, as one body sees it.

    A small body has only other small ones before it: an import that fills the limit keeps nobody out who
    sends a record. An import waits for all.
    """

    def __init__(self, settings: Settings, lane: Lane) -> None:
        self.lane = lane
        self._limit = settings.pending_records_limit
        self._patience = settings.backpressure_wait_seconds
        self._waiting: dict[str, Any] = {"state": ChunkState.PENDING.value}
        if lane is Lane.INTERACTIVE:
            self._waiting["lane"] = lane.value
        self._counted_at = float("-inf")
        self._pending = 0

    async def wait_for_room(self, weight: int = 0) -> None:
        """Return once there is room, for chunks of this weight. Raises Unavailable after a bounded wait."""
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
        self._pending += weight

    async def _count(self) -> int:
        now = time.monotonic()
        if now - self._counted_at >= CACHE_SECONDS:
            cursor = await IngestionChunk.get_pymongo_collection().aggregate(
                [
                    {"$match": self._waiting},
                    # More cannot matter: with so many the limit is reached.
                    {"$limit": self._limit // LEAST_WEIGHT + 1},
                    {"$group": {"_id": None, "weight": {"$sum": "$weight"}}},
                ],
                hint="unapplied",
            )
            found = await cursor.to_list(1)
            self._pending = found[0]["weight"] if found else 0
            self._counted_at = now
        return self._pending
