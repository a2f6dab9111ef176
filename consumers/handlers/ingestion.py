"""Handlers of ingestion: chunks that wait to be applied, ingestions that are to be replayed."""

from __future__ import annotations

from bson import ObjectId
from structlog import get_logger

from consumers.work import Work
from crm_graphql.ingestion.apply_chunk import apply_chunk
from crm_graphql.ingestion.documents import Lane
from crm_graphql.ingestion.messages import ChunkReady, ReplayAsked
from crm_graphql.ingestion.replay import replay_turn

_log = get_logger(__name__)


async def handle_chunk_ready(work: Work, message: ChunkReady, *, partition: int, lane: Lane) -> None:
    """Apply the chunk that the message points at. Transient errors are waited out here, not by the queue."""
    resources = work.resources
    async with work.turns.take(partition, lane):
        await apply_chunk(
            ObjectId(message.ingestion_id),
            message.number,
            transact=resources.in_transaction,
            bus=resources.bus,
            clock=resources.clock,
        )


async def handle_replay_asked(work: Work, message: ReplayAsked) -> None:
    """Feed some of the ingestion's kept records again."""
    resources = work.resources
    counters = await replay_turn(
        ObjectId(message.ingestion_id),
        message.first,
        transact=resources.in_transaction,
        bus=resources.bus,
    )
    figures = counters.model_dump()
    _log.info("ingestion replayed", ingestion_id=message.ingestion_id, first=message.first, **figures)
