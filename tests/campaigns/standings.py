"""Campaigns in every state, and a model of what each action makes of them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from bson import ObjectId

from crm_graphql.campaigns.control import (
    cancel_campaign,
    delete_campaign,
    duplicate_campaign,
    pause_campaign,
    resume_campaign,
    schedule_campaign,
    unschedule_campaign,
)
from crm_graphql.campaigns.documents import Campaign
from crm_graphql.campaigns.lifecycle import complete_if_ended
from crm_graphql.campaigns.scheduling import Scheduler
from crm_graphql.campaigns.service import launch_campaign, update_campaign
from crm_graphql.delivery.documents import Delivery
from crm_graphql.delivery.retrying import retry_campaign
from crm_graphql.resources import Resources
from tests.delivery.factories import EVERYONE, MARKETER, make_draft


@dataclass(frozen=True, slots=True)
class Standing:
    """What decides what may be done: `status` is None once it is deleted."""

    status: str | None
    launched: bool = False
    planned: bool = True
    """Once it is launched: whether its recipients are all written down."""
    retrying: bool = False


STANDINGS = (
    Standing("DRAFT"),
    Standing("SCHEDULED"),
    Standing("SENDING", launched=True),
    Standing("PAUSED", launched=True),
    Standing("COMPLETED", launched=True),
    Standing("CANCELLED", launched=True),
    Standing("CANCELLED"),
    Standing("FAILED", launched=True),
    Standing("FAILED"),
)


async def make_standing(resources: Resources, standing: Standing) -> ObjectId:
    """A campaign that stands so, with one failed delivery once it was launched; a schedule is due."""
    key = await make_draft(resources)
    now = datetime.now(UTC)
    values: dict[str, Any] = {"status": standing.status}
    if standing.status == "SCHEDULED":
        values["scheduled_at"] = now - timedelta(seconds=1)
    if standing.launched:
        values |= {"launched_at": now, "evaluated_at": now, "rule": EVERYONE, "planning.done": True}
        values |= {"stats.total": 1, "stats.failed": 1}
        moments = {"created_at": now, "updated_at": now}
        failed = {"status": "FAILED", "reason": "OTHER", "attempt": 1, "revision": 0}
        whose = {"campaign_id": key, "number": 0, "customer_id": ObjectId(), "channel": "EMAIL"}
        await Delivery.get_pymongo_collection().insert_one(whose | failed | moments)
    await Campaign.get_pymongo_collection().update_one({"_id": key}, {"$set": values})
    return key


async def standing_of(key: ObjectId) -> Standing:
    """How the campaign stands now."""
    row = await Campaign.get_pymongo_collection().find_one({"_id": key})
    if row is None:
        return Standing(None)
    launched = row["launched_at"] is not None
    planned = row["planning"]["done"] or not launched
    return Standing(row["status"], launched, planned, row.get("retrying") is not None)


Act = Callable[[Resources, ObjectId], Awaitable[object]]
TOMORROW = datetime.now(UTC) + timedelta(days=1)


async def _fire(resources: Resources, _key: ObjectId) -> None:
    await Scheduler(resources.bus, resources.clock, lambda: resources.settings).launch_due()


ACTS: dict[str, Act] = {
    "update": lambda r, key: update_campaign(MARKETER, key, {"name": "New"}, clock=r.clock),
    "schedule": lambda r, key: schedule_campaign(MARKETER, key, TOMORROW, bus=r.bus),
    "unschedule": lambda r, key: unschedule_campaign(MARKETER, key, bus=r.bus),
    "launch": lambda r, key: launch_campaign(MARKETER, key, bus=r.bus),
    "pause": lambda r, key: pause_campaign(MARKETER, key, bus=r.bus),
    "resume": lambda r, key: resume_campaign(MARKETER, key, bus=r.bus),
    "cancel": lambda r, key: cancel_campaign(MARKETER, key, bus=r.bus),
    "retry": lambda r, key: retry_campaign(MARKETER, key, None, bus=r.bus),
    "delete": lambda r, key: delete_campaign(MARKETER, key),
    "duplicate": lambda r, key: duplicate_campaign(MARKETER, key, clock=r.clock),
    "complete": lambda r, key: complete_if_ended(key, bus=r.bus, clock=r.clock),
    "fire": _fire,
}
"""What people do, and what the product does by itself: `complete` and `fire` are refused nothing."""

_MOVES: dict[str, dict[str, str]] = {
    "update": {"DRAFT": "DRAFT"},
    "schedule": {"DRAFT": "SCHEDULED", "SCHEDULED": "MOVED", "MOVED": "MOVED"},
    "unschedule": {"SCHEDULED": "DRAFT", "MOVED": "DRAFT"},
    "launch": {"DRAFT": "SENDING", "SCHEDULED": "SENDING", "MOVED": "SENDING"},
    "pause": {"SENDING": "PAUSED"},
    "resume": {"PAUSED": "SENDING", "FAILED": "SENDING"},
    "cancel": dict.fromkeys(("SCHEDULED", "MOVED", "SENDING", "PAUSED", "FAILED"), "CANCELLED"),
    "retry": {"SENDING": "SENDING", "COMPLETED": "SENDING"},
    "complete": {"SENDING": "COMPLETED"},
    "fire": {"SCHEDULED": "SENDING"},
}


def after(act: str, before: Standing) -> tuple[bool, Standing]:
    """Whether the act is done where a campaign stands so, and how it stands then.

    A schedule that was made by the test is not due: it is called MOVED meanwhile.
    """
    if before.status is None:
        return act in ("complete", "fire"), before
    if act == "duplicate":
        return True, before
    if act == "delete":
        allowed = before.status in ("DRAFT", "CANCELLED", "FAILED") and not before.launched
        return allowed, Standing(None) if allowed else before
    status = _MOVES[act].get(before.status)
    is_refused = (
        status is None
        or (act in ("retry", "complete") and (before.retrying or not before.planned))
        or (act in ("retry", "complete") and not before.launched)
        or (act == "resume" and not before.launched)
    )
    if status is None or is_refused:
        return act in ("complete", "fire"), before
    if act == "schedule":
        status = "MOVED"
    begins = act in ("launch", "fire")
    launched = before.launched or begins
    planned = act == "cancel" or (before.planned and not begins)
    retrying = act == "retry" or (before.retrying and act != "cancel")
    return True, replace(before, status=status, launched=launched, planned=planned, retrying=retrying)
