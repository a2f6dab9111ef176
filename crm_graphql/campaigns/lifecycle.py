"""The lifecycle of a campaign: what may be done to it in which state, and the guarded updates that do it."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any

from bson import ObjectId
from pymongo import ReturnDocument
from pymongo.errors import PyMongoError
from structlog import get_logger

from crm_graphql.bus.port import Bus, BusError, Event
from crm_graphql.campaigns.documents import Campaign, CampaignStatus
from crm_graphql.campaigns.messages import CAMPAIGNS_TOPIC, PLAN_TURNS, campaign_topic
from crm_graphql.core.clock import Clock
from crm_graphql.core.paging import Row
from crm_graphql.mongo.transient import is_transient


class Action(Enum):
    """What people do to a campaign, or the product by its own rules."""

    UPDATE = "changed"
    SCHEDULE = "scheduled"
    UNSCHEDULE = "unscheduled"
    LAUNCH = "launched"
    PAUSE = "paused"
    RESUME = "resumed"
    CANCEL = "cancelled"
    RETRY = "sent again"
    DELETE = "deleted"
    COMPLETE = "completed"
    FAIL = "failed"


@dataclass(frozen=True, slots=True)
class Change:
    """From which states to which; `target` is None where nothing is left of it.

    `launched` says whether the campaign must have been launched before (True) or never (False).
    """

    sources: frozenset[CampaignStatus]
    target: CampaignStatus | None
    launched: bool | None = None

    @property
    def guard(self) -> dict[str, Any]:
        """The condition on a campaign, for the filter of the update that makes the change."""
        values = sorted(source.value for source in self.sources)
        found: dict[str, Any] = {"status": values[0] if len(values) == 1 else {"$in": values}}
        if self.launched is not None:
            found["launched_at"] = {"$ne": None} if self.launched else None
        return found

    def allows(self, campaign: Mapping[str, Any]) -> bool:
        """Whether the campaign, as it was read, may change so."""
        is_launched = campaign.get("launched_at") is not None
        return CampaignStatus(campaign["status"]) in self.sources and self.launched in (None, is_launched)


def _from(*sources: CampaignStatus) -> frozenset[CampaignStatus]:
    return frozenset(sources)


_S = CampaignStatus
CHANGES: dict[Action, Change] = {
    Action.UPDATE: Change(_from(_S.DRAFT), _S.DRAFT),
    # Once more gives it another moment.
    Action.SCHEDULE: Change(_from(_S.DRAFT, _S.SCHEDULED), _S.SCHEDULED),
    Action.UNSCHEDULE: Change(_from(_S.SCHEDULED), _S.DRAFT),
    Action.LAUNCH: Change(_from(_S.DRAFT, _S.SCHEDULED), _S.SENDING),
    Action.PAUSE: Change(_from(_S.SENDING), _S.PAUSED),
    # What failed while its recipients were written down goes on where it stopped.
    Action.RESUME: Change(_from(_S.PAUSED, _S.FAILED), _S.SENDING, launched=True),
    # Final: nothing leads out of it. A draft has nothing to be cancelled.
    Action.CANCEL: Change(_from(_S.SCHEDULED, _S.SENDING, _S.PAUSED, _S.FAILED), _S.CANCELLED),
    # While others of it are on their way, too: a receipt may be waited for for days.
    Action.RETRY: Change(_from(_S.SENDING, _S.COMPLETED), _S.SENDING),
    # Of what was launched people have messages; what became of them stays to be read.
    Action.DELETE: Change(_from(_S.DRAFT, _S.CANCELLED, _S.FAILED), None, launched=False),
    Action.COMPLETE: Change(_from(_S.SENDING), _S.COMPLETED),
    # A scheduled one whose moment came when it could not be launched any more.
    Action.FAIL: Change(_from(_S.SCHEDULED, _S.SENDING), _S.FAILED),
}
"""All there is; no status is ever written but by one of these."""

HAS_WORK_FOR_SENDERS = {"status": {"$in": [_S.SENDING.value, _S.CANCELLED.value]}}
"""Of campaigns whose queued messages are to be sent, or to be skipped."""

RESULTS_TOLD_EVERY_SECONDS = 0.25
_log = get_logger(__name__)


async def change(
    campaign_id: ObjectId,
    action: Action,
    values: Mapping[str, Any] | None = None,
    *,
    where: Mapping[str, Any] | None = None,
    bus: Bus,
) -> Row | None:
    """Make the change in one guarded update, with `values` set; the campaign after it, or None where it may
    not be made, or `where` does not hold. Of several at once each finds what the one before it left."""
    made = CHANGES[action]
    assert made.target is not None, "what is to be gone is deleted"
    row: Row | None = await Campaign.get_pymongo_collection().find_one_and_update(
        {"_id": campaign_id, **made.guard, **(where or {})},
        {
            "$set": {**(values or {}), "status": made.target.value},
            "$currentDate": {"updated_at": True},
            "$inc": {"revision": 1},
        },
        return_document=ReturnDocument.AFTER,
    )
    if row is not None:
        await announce(campaign_id, row["revision"], bus=bus)
    return row


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
    row = await change(
        campaign_id,
        Action.COMPLETE,
        {"completed_at": clock.now()},
        where={"planning.done": True, "stats.queued": 0, "stats.sent": 0, "retrying": None},
        bus=bus,
    )
    if row is None:
        return False
    _log.info("campaign completed", campaign_id=str(campaign_id))
    return True


async def fail_campaign(
    campaign_id: ObjectId, reason: str, *, where: Mapping[str, Any] | None = None, bus: Bus
) -> bool:
    """Change SENDING or SCHEDULED to FAILED, with a reason that a person can act on. True for the one that
    did it.

    What was written of its ledger stays, the stats with it: sent messages still get their receipts, queued
    ones wait for somebody to resume or cancel it.
    """
    row = await change(campaign_id, Action.FAIL, {"failure_reason": reason}, where=where, bus=bus)
    if row is None:
        return False
    _log.error("campaign failed", campaign_id=str(campaign_id), reason=reason)
    return True


async def hold_campaign(campaign_id: ObjectId, reason: str, *, bus: Bus) -> bool:
    """Pause a campaign that is being sent by the product's own rules, with a reason that a person can act
    on. True for the one that did it; somebody resumes it when the cause is mended."""
    row = await change(campaign_id, Action.PAUSE, {"pause_reason": reason}, bus=bus)
    if row is None:
        return False
    _log.error("campaign paused", campaign_id=str(campaign_id), reason=reason)
    return True


async def wake_planner(campaign_id: ObjectId, *, bus: Bus) -> None:
    """Have its ledger written, what changed in it attended to, and its senders told. While the bus is away
    the reconciler sees to it."""
    try:
        await PLAN_TURNS.fill(campaign_id, bus=bus)
    except BusError as error:
        _log.warning("planner not told, the reconciler will", campaign_id=str(campaign_id), error=str(error))


async def announce_results(campaign_id: ObjectId, *, bus: Bus) -> None:
    """Tell those who watch the campaign that its results have moved, after the commit that moved them.

    Returns after a moment, in which other news may tell it too: so a campaign is changed for this at most
    four times a second, however much comes of it and however many processes say so. While the database is
    away nothing is told; whoever looks finds it.
    """
    campaigns = Campaign.get_pymongo_collection()
    try:
        known = await campaigns.find_one({"_id": campaign_id}, {"revision": 1})
        await asyncio.sleep(RESULTS_TOLD_EVERY_SECONDS)
        # Not `updated_at`: that something came of a campaign does not mean that its sending goes on.
        told = known and await campaigns.find_one_and_update(
            {"_id": campaign_id, "revision": known["revision"]},
            {"$inc": {"revision": 1}},
            projection={"revision": 1, "status": 1},
            return_document=ReturnDocument.AFTER,
        )
    except PyMongoError as error:
        if not is_transient(error):
            raise
        _log.info("results not told, the database is away", campaign_id=str(campaign_id), error=str(error))
        return
    if told:
        await bus.broadcast(Event(topic=campaign_topic(campaign_id), revision=told["revision"]))
        if told["status"] == CampaignStatus.SENDING.value:
            await bus.broadcast(Event(topic=CAMPAIGNS_TOPIC))


async def announce(campaign_id: ObjectId, revision: int, *, bus: Bus) -> None:
    """Tell those who watch the campaign, or any, that it has a new revision, after the commit that made
    it."""
    await bus.broadcast(Event(topic=campaign_topic(campaign_id), revision=revision))
    await bus.broadcast(Event(topic=CAMPAIGNS_TOPIC))
