"""The messages of campaigns, and the queues and topics they go to."""

from __future__ import annotations

from typing import ClassVar

from crm_graphql.bus.port import Message, Queue

PLAN_QUEUE = Queue("campaign.plan")


class TurnMessage(Message, frozen=True, kw_only=True):
    """Base of the messages by which a campaign waits for its turn; see `turns.py`. Without a token (from an
    earlier release) it holds no place."""

    kind: ClassVar[str]

    campaign_id: str
    place: int = 0
    token: str | None = None


class CampaignPlan(TurnMessage, frozen=True, kw_only=True):
    """A campaign's ledger waits to be written."""

    kind: ClassVar[str] = "campaign.plan"


def campaign_topic(campaign_id: object) -> str:
    """The live topic of one campaign."""
    return f"campaign.{campaign_id}"
