"""Judging of campaigns by what comes back: too much of it pauses them, once for the same messages."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bson import ObjectId

from crm_graphql.bounces.documents import Bounce
from crm_graphql.bounces.shares import Figures, reason_to_pause
from crm_graphql.bus.port import Bus
from crm_graphql.campaigns.documents import Campaign, CampaignStatus
from crm_graphql.campaigns.lifecycle import hold_campaign
from crm_graphql.core.clock import Clock
from crm_graphql.core.settings import Settings
from crm_graphql.delivery.webhooks.port import Returned

JUDGED_BY = (Returned.HARD, Returned.COMPLAINT, Returned.POLICY)


async def judge(campaign_id: ObjectId, *, settings: Settings, bus: Bus, clock: Clock) -> bool:
    """Pause the campaign where too much of it comes back; whether it was paused.

    Whoever resumes it has seen the figures: only messages that are sent afterwards count from then on.
    """
    campaign = await Campaign.get_pymongo_collection().find_one(
        {"_id": campaign_id, "status": CampaignStatus.SENDING.value}, {"stats": 1, "judged": 1}
    )
    if campaign is None:
        return False
    judged = campaign.get("judged")
    sent = sum(campaign["stats"][name] for name in ("sent", "delivered", "failed"))
    figures = Figures(sent - (judged["sent"] if judged else 0), await _returned(campaign_id, judged))
    reason = reason_to_pause(figures, settings)
    if reason is None:
        return False
    return await hold_campaign(
        campaign_id,
        reason,
        values={"judged": {"sent": sent, "at": clock.now()}},
        # By other figures than these it was paused, and resumed, meanwhile.
        where={"judged": judged},
        bus=bus,
    )


async def _returned(campaign_id: ObjectId, judged: Mapping[str, Any] | None) -> dict[Returned, int]:
    since = {"sent_at": {"$gt": judged["at"]}} if judged else {}
    bounces = Bounce.get_pymongo_collection()
    return {
        kind: await bounces.count_documents(
            {"campaign_id": campaign_id, "kind": kind.value, **since}, hint="of_campaign"
        )
        for kind in JUDGED_BY
    }
