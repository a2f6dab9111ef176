"""The messages of ingestion, and the queues they go to."""

from __future__ import annotations

from typing import ClassVar

from crm_graphql.bus.port import Message, PartitionedQueue, Queue
from crm_graphql.ingestion.states import Lane

bulk_queue = PartitionedQueue("ingestion")
"""Its partitions are of customers."""
interactive_queue = PartitionedQueue("ingestion.interactive")
"""The same partitions, for what somebody waits for."""


REPLAY_QUEUE = Queue("ingestion.replay")


class ChunkReady(Message, frozen=True, kw_only=True):
    """A chunk waits to be applied. The records are in the chunk's document, not here."""

    kind: ClassVar[str] = "ingestion.chunk_ready"

    ingestion_id: str
    number: int


class ReplayAsked(Message, frozen=True, kw_only=True):
    """An ingestion's kept records are to be fed again, from this chunk on."""

    kind: ClassVar[str] = "ingestion.replay_asked"

    ingestion_id: str
    first: int = 0


def chunk_queue(partition: int, lane: Lane) -> Queue:
    """The queue of one partition of customers and one lane."""
    return (interactive_queue if lane is Lane.INTERACTIVE else bulk_queue)(partition)


def ingestion_topic(ingestion_id: object) -> str:
    """The live topic of one ingestion."""
    return f"ingestion.{ingestion_id}"
