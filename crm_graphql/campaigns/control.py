"""Campaigns under control: scheduled, paused, resumed, cancelled, duplicated and deleted by people.

Each is one guarded update, so of two at once the second finds what the first has left. Each raises NotFound,
and WrongState with the campaign as it stands where its state does not allow it.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from bson import ObjectId

from crm_graphql.bus.port import Bus, Event
from crm_graphql.campaigns.contents import launchable
from crm_graphql.campaigns.documents import Campaign
from crm_graphql.campaigns.launching import as_checked
from crm_graphql.campaigns.lifecycle import CHANGES, Action, change, wake_planner
from crm_graphql.campaigns.messages import SCHEDULE_TOPIC
from crm_graphql.campaigns.standing import found_campaign, require_campaign
from crm_graphql.core.actor import Actor, Permission
from crm_graphql.core.clock import Clock
from crm_graphql.core.errors import Faults, InvalidInput
from crm_graphql.core.names import NAME_LIMIT
from crm_graphql.core.paging import Row
from crm_graphql.core.texts import words
from crm_graphql.core.times import format_moment
from crm_graphql.mongo.leases import database_now
from crm_graphql.mongo.rows import row_of

_COPIED = (
    *("channel", "message", "variants", "holdout", "attachment_ids", "audience_id", "topic_id"),
    *("send_before", "rate_per_second", "quiet_hours", "tracks_opens", "tracks_clicks"),
)
_COPY = " (copy)"


async def schedule_campaign(actor: Actor, key: ObjectId, at: datetime, *, bus: Bus) -> Row:
    """Have a draft launched at a moment by the database's clock; one that is scheduled gets another moment.
    Requires CAMPAIGNS_WRITE.

    All that a launch checks is checked now, and again then. Raises InvalidInput with all that is wrong: a
    moment that is over, an end before it.
    """
    actor.require(Permission.CAMPAIGNS_WRITE)
    while True:
        draft = await require_campaign(key, Action.SCHEDULE)
        now = await database_now()
        faults = Faults()
        with faults.noted():
            _check_moment(at, draft.get("send_before"), now=now)
        with faults.noted():
            await launchable(draft, now=now)
        faults.check()
        row = await change(key, Action.SCHEDULE, {"scheduled_at": at}, where=as_checked(draft), bus=bus)
        if row is not None:
            await bus.broadcast(Event(topic=SCHEDULE_TOPIC))
            return row


def _check_moment(at: datetime, send_before: datetime | None, *, now: datetime) -> None:
    if at <= now:
        message = f"{format_moment(at)} is over. Choose a moment that is to come, or launch it now."
        raise InvalidInput(message, path=("at",))
    if send_before is not None and send_before <= at:
        message = (
            f"By {format_moment(send_before)}, its sendBefore, it is to be sent: schedule it before that."
        )
        raise InvalidInput(message, path=("at",))


async def unschedule_campaign(actor: Actor, key: ObjectId, *, bus: Bus) -> Row:
    """Make a scheduled campaign a draft again. Requires CAMPAIGNS_WRITE."""
    row = await _changed(actor, key, Action.UNSCHEDULE, {"scheduled_at": None}, bus=bus)
    await bus.broadcast(Event(topic=SCHEDULE_TOPIC))
    return row


async def pause_campaign(actor: Actor, key: ObjectId, *, bus: Bus) -> Row:
    """Send nothing more of it until it is resumed. Requires CAMPAIGNS_WRITE.

    What a vendor is being handed at this moment is sent; within two seconds no call begins any more.
    """
    return await _changed(actor, key, Action.PAUSE, {"pause_reason": None}, bus=bus)


async def resume_campaign(actor: Actor, key: ObjectId, *, bus: Bus) -> Row:
    """Go on with one that is paused, or that failed after its launch. Requires CAMPAIGNS_WRITE.

    Everybody who was not written to before it stopped is now, and nobody who was. What could not be sent
    before its end is skipped.
    """
    cleared = {"pause_reason": None, "failure_reason": None, "planning.failures": 0}
    row = await _changed(actor, key, Action.RESUME, cleared, bus=bus)
    await wake_planner(key, bus=bus)
    return row


async def cancel_campaign(actor: Actor, key: ObjectId, *, bus: Bus) -> Row:
    """End it for good. Requires CAMPAIGNS_WRITE.

    Nobody else is written down, and what is queued is skipped in the background; what a vendor is being
    handed at this moment ends as it ends.
    """
    ended = {"planning.done": True, "retrying": None, "pause_reason": None}
    row = await _changed(actor, key, Action.CANCEL, ended, bus=bus)
    await wake_planner(key, bus=bus)
    await bus.broadcast(Event(topic=SCHEDULE_TOPIC))
    return row


async def delete_campaign(actor: Actor, key: ObjectId) -> None:
    """Delete one that was never launched. Requires CAMPAIGNS_WRITE."""
    actor.require(Permission.CAMPAIGNS_WRITE)
    while True:
        guard = {"_id": key, **CHANGES[Action.DELETE].guard}
        result = await Campaign.get_pymongo_collection().delete_one(guard)
        if result.deleted_count:
            return
        await require_campaign(key, Action.DELETE)


async def duplicate_campaign(actor: Actor, key: ObjectId, *, clock: Clock) -> Row:
    """A new draft with the content and the terms of another, in whatever state that is; an end that is over
    is left out. Requires CAMPAIGNS_WRITE."""
    actor.require(Permission.CAMPAIGNS_WRITE)
    original = await found_campaign(key)
    now = clock.now()
    name = original["name"][: NAME_LIMIT - len(_COPY)] + _COPY
    copied = {field: original.get(field) for field in _COPIED}
    for listed in ("variants", "attachment_ids"):
        # Of an earlier release it has none.
        copied[listed] = copied[listed] or []
    if copied["send_before"] is not None and copied["send_before"] <= now:
        copied["send_before"] = None
    row = row_of(
        Campaign(
            name=name,
            name_words=words(name),
            **copied,
            subject=actor.subject,
            created_by=actor.label,
            created_at=now,
            updated_at=now,
        )
    )
    await Campaign.get_pymongo_collection().insert_one(row)
    return row


async def _changed(
    actor: Actor, key: ObjectId, action: Action, values: Mapping[str, Any], *, bus: Bus
) -> Row:
    actor.require(Permission.CAMPAIGNS_WRITE)
    while True:
        row = await change(key, action, values, bus=bus)
        if row is not None:
            return row
        # Another may have made it possible just now.
        await require_campaign(key, action)
