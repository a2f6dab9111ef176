"""The lifecycle of a campaign: allowed changes of its status, and the guarded updates that make them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bson import ObjectId
from pymongo import ReturnDocument
from structlog import get_logger

from crm_graphql.bus.port import Bus, Event
from crm_graphql.campaigns.documents import Campaign, CampaignStatus
from crm_graphql.campaigns.messages import campaign_topic
from crm_graphql.core.clock import Clock

_S = CampaignStatus
TRANSITIONS: dict[CampaignStatus, frozenset[CampaignStatus]] = {
    _S.DRAFT: frozenset({_S.SCHEDULED, _S.SENDING, _S.CANCELLED}),
    _S.SCHEDULED: frozenset({_S.DRAFT, _S.SENDING, _S.CANCELLED}),
    _S.SENDING: frozenset({_S.PAUSED, _S.COMPLETED, _S.CANCELLED, _S.FAILED}),
    _S.PAUSED: frozenset({_S.SENDING, _S.CANCELLED}),
    # Sending failed deliveries again reopens it.
    _S.COMPLETED: frozenset({_S.SENDING}),
    _S.CANCELLED: frozenset(),
    _S.FAILED: frozenset({_S.SENDING}),
}
"""To what each status may change; nothing else is ever written."""

_log = get_logger(__name__)


def guard(target: CampaignStatus) -> dict[str, Any]:
    """The condition on a campaign that may change to `target`, for the filter of the update that does it."""
    sources = [source.value for source, targets in TRANSITIONS.items() if target in targets]
    return {"status": sources[0] if len(sources) == 1 else {"$in": sources}}


def has_ended(campaign: Mapping[str, Any]) -> bool:
    """Whether nothing of a campaign that is being sent is left to wait for."""
    stats = campaign["stats"]
    return bool(
        campaign["status"] == CampaignStatus.SENDING.value
        and campaign["planning"]["done"]
        and not stats["queued"]
        and not stats["sent"]
    )


async def complete_if_ended(campaign_id: ObjectId, *, bus: Bus, clock: Clock) -> bool:
    """Change SENDING to COMPLETED if nothing is left to wait for: one guarded update, so whoever asks and
    however often, it happens once. True for the one that did it."""
    row = await Campaign.get_pymongo_collection().find_one_and_update(
        {
            "_id": campaign_id,
            **guard(CampaignStatus.COMPLETED),
            "planning.done": True,
            "stats.queued": 0,
            "stats.sent": 0,
        },
        {
            "$set": {"status": CampaignStatus.COMPLETED.value, "completed_at": clock.now()},
            "$currentDate": {"updated_at": True},
            "$inc": {"revision": 1},
        },
        projection={"revision": 1},
        return_document=ReturnDocument.AFTER,
    )
    if row is None:
        return False
    _log.info("campaign completed", campaign_id=str(campaign_id))
    await announce(campaign_id, row["revision"], bus=bus)
    return True


async def fail_campaign(campaign_id: ObjectId, reason: str, *, bus: Bus) -> bool:
    """Change SENDING to FAILED, with a reason that a person can act on. True for the one that did it.

    What was written of its ledger stays, the stats with it: sent messages still get their receipts, queued
    ones wait for somebody to send them again.
    """
    row = await Campaign.get_pymongo_collection().find_one_and_update(
        {"_id": campaign_id, **guard(CampaignStatus.FAILED)},
        {
            "$set": {"status": CampaignStatus.FAILED.value, "failure_reason": reason},
            "$currentDate": {"updated_at": True},
            "$inc": {"revision": 1},
        },
        projection={"revision": 1},
        return_document=ReturnDocument.AFTER,
    )
    if row is None:
        return False
    _log.error("campaign failed", campaign_id=str(campaign_id), reason=reason)
    await announce(campaign_id, row["revision"], bus=bus)
    return True


async def hold_campaign(campaign_id: ObjectId, reason: str, *, bus: Bus) -> bool:
    """Pause a campaign that is being sent by the product's own rules, with a reason that a person can act
    on. True for the one that did it; somebody resumes it when the cause is mended."""
    row = await Campaign.get_pymongo_collection().find_one_and_update(
        {"_id": campaign_id, **guard(CampaignStatus.PAUSED)},
        {
            "$set": {"status": CampaignStatus.PAUSED.value, "pause_reason": reason},
            "$currentDate": {"updated_at": True},
            "$inc": {"revision": 1},
        },
        projection={"revision": 1},
        return_document=ReturnDocument.AFTER,
    )
    if row is None:
        return False
    _log.error("campaign paused", campaign_id=str(campaign_id), reason=reason)
    await announce(campaign_id, row["revision"], bus=bus)
    return True


async def announce(campaign_id: ObjectId, revision: int, *, bus: Bus) -> None:
    """Tell those who watch the campaign that it has a new revision, after the commit that made it."""
    await bus.broadcast(Event(topic=campaign_topic(campaign_id), revision=revision))
