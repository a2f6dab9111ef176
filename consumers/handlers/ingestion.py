"""Handler of ingestion: chunks that wait to be applied."""

from __future__ import annotations

from bson import ObjectId

from consumers.work import Work
from crm_graphql.ingestion.apply_chunk import apply_chunk
from crm_graphql.ingestion.documents import Lane
from crm_graphql.ingestion.messages import ChunkReady


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
