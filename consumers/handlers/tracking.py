"""Handler of tracking: opens and clicks into the ledger."""

from __future__ import annotations

from consumers.work import Work
from crm_graphql.tracking.messages import HitsArrived


async def handle_hits(work: Work, message: HitsArrived) -> None:
    """Write the hits; many messages at once share a transaction."""
    await work.hits.submit(message.hits)
