"""The messages of campaigns, and the queues and topics they go to."""

from __future__ import annotations

from typing import ClassVar

from crm_graphql.bus.port import Message, Queue

PLAN_QUEUE = Queue("campaign.plan")


class CampaignPlan(Message, frozen=True, kw_only=True):
    """A campaign's ledger waits to be written."""

    kind: ClassVar[str] = "campaign.plan"

    campaign_id: str


def campaign_topic(campaign_id: object) -> str:
    """The live topic of one campaign."""
    return f"campaign.{campaign_id}"
