"""The launch: what it freezes of a campaign, in the guarded update that begins the sending."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict
from typing import Any

from pymongo import ReturnDocument

from crm_graphql.bus.port import Bus
from crm_graphql.campaigns.contents import Launchable, launchable
from crm_graphql.campaigns.documents import Campaign, CampaignStatus
from crm_graphql.campaigns.lifecycle import announce, wake_planner
from crm_graphql.campaigns.message_texts import Texts
from crm_graphql.campaigns.template import parse_texts
from crm_graphql.core.channels import TRAITS, Channel
from crm_graphql.core.paging import Row
from crm_graphql.core.senders import Sender
from crm_graphql.deployment.queries import read_sender
from crm_graphql.mongo.leases import database_now
from crm_graphql.tracking.policy import NOTHING_TRACKED, TrackingPolicy

_CHECKED = (
    *("_id", "status", "channel", "audience_id", "topic_id", "message", "attachment_ids"),
    *("variants", "holdout"),
    *("send_before", "rate_per_second", "quiet_hours", "scheduled_at"),
    *("tracks_opens", "tracks_clicks"),
)


async def launch(
    draft: Row,
    *,
    time_zone: str,
    attribution_days: int,
    bus: Bus,
    tracking: TrackingPolicy = NOTHING_TRACKED,
) -> Row | None:
    """Launch a campaign that was read in a state that allows it; None where it has changed since.

    Raises InvalidInput with all that keeps it from being launched. Durable when it returns.
    """
    frozen = await launchable(draft, now=await database_now())
    has_sender = TRAITS[Channel(draft["channel"])].has_subject
    sender = await read_sender() if has_sender else None
    tracked = tracking.frozen(draft, _texts_of(draft))
    launched: Row | None = await Campaign.get_pymongo_collection().find_one_and_update(
        as_checked(draft),
        [_launch_of(frozen, sender, time_zone, attribution_days, tracked)],
        return_document=ReturnDocument.AFTER,
    )
    if launched is not None:
        await announce(launched["_id"], launched["revision"], bus=bus)
        await wake_planner(launched["_id"], bus=bus)
    return launched


def as_checked(draft: Row) -> dict[str, Any]:
    """The condition that nothing of what was checked has changed since it was read."""
    return {name: draft.get(name) for name in _CHECKED}


def _launch_of(
    launch: Launchable,
    sender: Sender | None,
    time_zone: str,
    attribution_days: int,
    tracked: Mapping[str, Any],
) -> dict[str, Any]:
    """The change that launches. Its moment is the database's, as is that at which a customer was made: clocks
    of processes differ, and must leave nobody out."""
    topic = launch.topic
    frozen = topic and {"id": topic["_id"], "slug": topic["slug"], "is_opt_out": topic["is_opt_out"]}
    moments = dict.fromkeys(("evaluated_at", "launched_at", "updated_at"), "$$NOW")
    return {
        "$set": {
            "status": CampaignStatus.SENDING.value,
            # Whatever a rule holds, it is data here.
            "rule": {"$literal": launch.rule},
            "custom_fields": {"$literal": list(launch.custom_fields)},
            "topic": {"$literal": frozen},
            "sender": {"$literal": sender and asdict(sender)},
            "time_zone": {"$literal": time_zone},
            "attribution_days": attribution_days,
            **{name: {"$literal": value} for name, value in tracked.items()},
            "revision": {"$add": ["$revision", 1]},
            **moments,
        }
    }


def _texts_of(draft: Row) -> Iterator[tuple[str | None, str | None]]:
    """The texts that hold links, as HTML and as plain text, of all messages that the campaign may send."""
    messages = [one["message"] for one in draft.get("variants") or ()] or [draft["message"]]
    for message in messages:
        texts = Texts.of(message)
        is_html = parse_texts(texts, Channel(draft["channel"])).html
        yield (texts.body, None) if is_html else (texts.html, texts.body)
