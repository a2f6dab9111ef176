"""The outlook of campaigns that are being sent: how fast they go, until when they wait, when they end."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from bson import ObjectId

from crm_graphql.campaigns.documents import Campaign, CampaignStatus
from crm_graphql.delivery.speed import messages_per_second
from crm_graphql.delivery.waiting import first_due, last_due

_FIELDS = {
    **dict.fromkeys(("stats", "planning.done", "handed_over", "launched_at", "send_before"), 1),
    "now": "$$NOW",
}


@dataclass(frozen=True, slots=True)
class Outlook:
    """What is known of it; nothing of a campaign that is not being sent."""

    waiting_until: datetime | None = None
    messages_per_second: float | None = None
    """Over the last ten seconds."""
    estimated_end_at: datetime | None = None


async def outlooks_of(campaigns: Sequence[ObjectId]) -> Mapping[ObjectId, Outlook]:
    """The outlook of each of these campaigns that are being sent. One query for all of them, and one or two
    steps of an index for each of which something waits."""
    rows = Campaign.get_pymongo_collection().find(
        {"_id": {"$in": list(campaigns)}, "status": CampaignStatus.SENDING.value}, _FIELDS
    )
    return {row["_id"]: await _outlook(row) for row in await rows.to_list()}


async def _outlook(campaign: Mapping[str, Any]) -> Outlook:
    stats, now = campaign["stats"], campaign["now"]
    deferred = stats.get("deferred", 0)
    to_send = stats["queued"] - deferred
    is_planned = campaign["planning"]["done"]
    speed = messages_per_second(
        campaign.get("handed_over") or (), since=campaign["launched_at"] or now, now=now
    )
    waits = is_planned and deferred > 0 and not to_send
    return Outlook(
        await first_due(campaign["_id"]) if waits else None,
        speed,
        await _end(campaign, to_send, deferred, speed) if is_planned else None,
    )


async def _end(
    campaign: Mapping[str, Any], to_send: int, deferred: int, speed: float | None
) -> datetime | None:
    """When the last message is sent, at this speed. None where nothing is left, or what is left stands."""
    if not to_send + deferred or (to_send and speed is None):
        return None
    end: datetime = campaign["now"] + timedelta(seconds=to_send / speed if speed else 0)
    if deferred and (last := await last_due(campaign["_id"])):
        end = max(end, last)
    send_before = campaign.get("send_before")
    return end if send_before is None else min(end, send_before)
