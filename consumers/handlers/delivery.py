"""Handler of deliveries: receipts and vendors' answers into the ledger."""

from __future__ import annotations

from bson import ObjectId

from consumers.work import Work
from crm_graphql.delivery.messages import ReceiptsArrived


async def handle_receipts(work: Work, message: ReceiptsArrived) -> None:
    """Write the receipts; many messages at once share a transaction."""
    await work.writer.submit(ObjectId(message.campaign_id), message.receipts)
