"""Handlers of campaigns: write the ledger, send what is written."""

from __future__ import annotations

from consumers.work import Work
from crm_graphql.campaigns.messages import CampaignPlan
from crm_graphql.delivery.messages import CampaignSend


async def handle_plan(work: Work, message: CampaignPlan) -> None:
    """Write the next pages of the campaign's ledger, or put back what failed of it."""
    await work.ledgers.take(message)


async def handle_send(work: Work, message: CampaignSend) -> None:
    """Send one range of the campaign."""
    await work.sender.send(message)
