"""Telling the consumers of chunks, and the watchers of progress."""

from __future__ import annotations

import asyncio
import time
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import structlog
from bson import ObjectId
from cachetools import LRUCache

from crm_graphql.bus.port import Bus, BusError, Event, Queue
from crm_graphql.ingestion.messages import ChunkReady, chunk_queue, ingestion_topic
from crm_graphql.ingestion.states import Lane

EVENT_SECONDS = 0.2
"""The least time between two events of one ingestion from one process."""

_REMEMBERED = 1000
_last_events: LRUCache[ObjectId, float] = LRUCache(_REMEMBERED)
_log = structlog.get_logger(__name__)


async def publish_chunks(chunks: Iterable[Mapping[str, Any]], bus: Bus) -> bool:
    """Put a message for each stored chunk into its partition's queue. False when the bus could not take all:
    the chunks stay accepted, and the reconciler publishes them later."""
    by_queue: dict[Queue, list[ChunkReady]] = defaultdict(list)
    for chunk in chunks:
        message = ChunkReady(ingestion_id=str(chunk["ingestion_id"]), number=chunk["number"])
        by_queue[chunk_queue(chunk["partition"], Lane(chunk["lane"]))].append(message)
    results = await asyncio.gather(
        *(_publish(bus, queue, messages) for queue, messages in by_queue.items()), return_exceptions=True
    )
    is_published = True
    for result in results:
        if isinstance(result, BusError):
            is_published = False
            _log.warning("chunks not published, the reconciler will", reason=str(result))
        elif result is not None:
            raise result
    return is_published


async def _publish(bus: Bus, queue: Queue, messages: Sequence[ChunkReady]) -> None:
    # An ingestion keeps its number of partitions: where that was lowered since, not all are declared now.
    await bus.declare([queue])
    await bus.publish(queue, *messages)


async def tell_progress(ingestion_id: ObjectId, bus: Bus, *, at_once: bool = False) -> None:
    """Broadcast that the ingestion has moved on, at most five times a second unless `at_once`."""
    now = time.monotonic()
    if not at_once and now - _last_events.get(ingestion_id, 0.0) < EVENT_SECONDS:
        return
    _last_events[ingestion_id] = now
    await bus.broadcast(Event(topic=ingestion_topic(ingestion_id)))
