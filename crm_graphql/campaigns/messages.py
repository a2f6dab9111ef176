"""The messages of campaigns, and the queues and topics they go to."""

from __future__ import annotations

from typing import ClassVar

from crm_graphql.bus.port import Queue
from crm_graphql.mongo.turns import TurnMessage, TurnQueue

PLAN_QUEUE = Queue("campaign.plan")


class CampaignPlan(TurnMessage, frozen=True, kw_only=True):
    """A campaign's ledger waits to be written, or what changed in it to be passed on to its senders."""

    kind: ClassVar[str] = "campaign.plan"


PLAN_TURNS = TurnQueue(PLAN_QUEUE, CampaignPlan, places=1)


CAMPAIGNS_TOPIC = "campaigns.changed"
"""The live topic of all campaigns: the status or the counts of one have changed."""
SCHEDULE_TOPIC = "campaigns.schedule"
"""The live topic of who schedules: a moment was set, moved or taken back."""


def campaign_topic(campaign_id: object) -> str:
    """The live topic of one campaign."""
    return f"campaign.{campaign_id}"
