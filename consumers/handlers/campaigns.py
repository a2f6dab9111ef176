"""Handlers of campaigns: write the ledger, send what is written."""

from __future__ import annotations

from bson import ObjectId

from consumers.work import Work
from crm_graphql.campaigns.messages import CampaignPlan
from crm_graphql.delivery.messages import CampaignSend


async def handle_plan(work: Work, message: CampaignPlan) -> None:
    """Write what is missing of the campaign's ledger."""
    await work.planner.plan(ObjectId(message.campaign_id))


async def handle_send(work: Work, message: CampaignSend) -> None:
    """Send ranges of the campaign until none is free."""
    await work.sender.send(ObjectId(message.campaign_id))
