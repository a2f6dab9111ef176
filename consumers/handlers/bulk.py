"""Handler of bulk operations: the next pages of customers."""

from __future__ import annotations

from consumers.work import Work
from crm_graphql.bulk.messages import BulkWork


async def handle_bulk(work: Work, message: BulkWork) -> None:
    """Change the operation's next customers."""
    await work.bulk.take_turn(message)
