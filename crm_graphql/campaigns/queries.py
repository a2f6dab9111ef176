"""Campaigns as they are read: by id, in lists, newest first."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from bson import ObjectId

from crm_graphql.audiences.compile import select_customers
from crm_graphql.audiences.custom import custom_rule_fields
from crm_graphql.audiences.fields import stored_fields
from crm_graphql.audiences.stored import custom_keys, names_group
from crm_graphql.campaigns.custom import frozen_fields, keys_in
from crm_graphql.campaigns.documents import Campaign, CampaignStatus, Stats
from crm_graphql.campaigns.variants import texts_of
from crm_graphql.core.channels import Channel
from crm_graphql.core.paging import Page, PageRequest, Row, SortKey
from crm_graphql.core.texts import prefix_range, words
from crm_graphql.core.zones import zone_of
from crm_graphql.mongo.pages import Parents, count_in_time, read_by_ids, read_child_pages, read_page

NEWEST_FIRST = SortKey((("created_at", -1), ("_id", -1)))
FIELDS = dict.fromkeys(
    (
        *("name", "status", "failure_reason", "channel", "message", "audience_id", "topic_id", "rule"),
        *("time_zone", "custom_fields", "attachment_ids"),
        *("variants", "holdout", "variant_stats", "attribution_days"),
        *("pause_reason", "scheduled_at", "send_before", "rate_per_second", "quiet_hours", "created_by"),
        *("stats", "planning.done", "planning.assigned", "revision"),
        *("created_at", "updated_at", "launched_at", "completed_at"),
    ),
    1,
)
"""What a list shows of a campaign."""
ENDED = frozenset({CampaignStatus.COMPLETED, CampaignStatus.CANCELLED, CampaignStatus.FAILED})
NAMED = 10
_LAUNCHED = {"launched_at": {"$ne": None}}


def rule_zone(campaign: Row) -> str | None:
    """The zone of the days in its rule; None before its launch: the deployment's."""
    if campaign.get("launched_at") is None:
        return None
    return campaign.get("time_zone") or "UTC"


def rule_moment(campaign: Row) -> datetime:
    """The moment at which the rule of a launched campaign is asked, in the zone of its days."""
    moment: datetime = campaign["evaluated_at"]
    return moment.astimezone(zone_of(rule_zone(campaign) or "UTC"))


def recipients_filter(campaign: Row) -> dict[str, Any]:
    """The MongoDB filter of the customers of a launched campaign: rule, days and custom fields are as they
    were at its launch."""
    fields = custom_rule_fields(frozen_fields(campaign).values(), is_stored=True)
    return select_customers(campaign["rule"], rule_moment(campaign), stored_fields(None, fields))


async def campaigns_by_ids(ids: Sequence[ObjectId]) -> Mapping[ObjectId, Row]:
    """The campaigns with these ids, by id."""
    return await read_by_ids(Campaign.get_pymongo_collection(), ids)


async def find_campaign(key: ObjectId) -> Row | None:
    """The campaign, or None."""
    return await Campaign.get_pymongo_collection().find_one({"_id": key})


async def sending_campaigns() -> Sequence[Row]:
    """All campaigns that are being sent."""
    found = Campaign.get_pymongo_collection().find({"status": CampaignStatus.SENDING.value}, FIELDS)
    return await found.to_list()


async def open_campaigns_naming(topic_id: ObjectId) -> Sequence[str]:
    """The names of some campaigns that name the topic and have not ended, drafts included."""
    rows = Campaign.get_pymongo_collection().find(
        {"topic_id": topic_id, "status": {"$nin": [status.value for status in ENDED]}}, {"name": 1}
    )
    return [row["name"] async for row in rows.limit(NAMED)]


async def campaigns_planning_with_group(group_id: ObjectId) -> Sequence[str]:
    """The names of campaigns that were launched with a rule on the group, and whose recipients are not all
    written down."""
    rows = Campaign.get_pymongo_collection().find(
        {
            # One that failed is gone on with when somebody resumes it.
            "status": {"$nin": [CampaignStatus.COMPLETED.value, CampaignStatus.CANCELLED.value]},
            "planning.done": False,
            "rule": {"$ne": None},
        },
        {"name": 1, "rule": 1},
    )
    return [row["name"] async for row in rows if names_group(row["rule"], group_id)][:NAMED]


async def campaigns_naming_field(key: str) -> Sequence[Row]:
    """The newest campaigns that have not ended whose rule or message names the custom field. Reads every one:
    they are few."""
    rows = Campaign.get_pymongo_collection().find(
        {"status": {"$nin": [status.value for status in ENDED]}}, FIELDS
    )
    found = [row async for row in rows.sort([("created_at", -1), ("_id", -1)]) if _names_field(row, key)]
    return found[:NAMED]


def _names_field(campaign: Row, key: str) -> bool:
    is_in_text = any(key in keys_in(text) for _, text in texts_of(campaign))
    return is_in_text or key in custom_keys(campaign.get("rule") or {})


async def open_campaigns_using(media: Row) -> Sequence[str]:
    """The names of some campaigns that have not ended, drafts included, whose message shows the picture, or
    goes out with the file. Looks through those that have not, which are few."""
    key, shown = media["_id"], media.get("public_name")
    uses: list[dict[str, Any]] = [{"attachment_ids": key}]
    for message in ("message", "variants.message"):
        uses.append({f"{message}.whatsapp.header_media_id": key})
        if shown is not None:
            pattern = {"$regex": re.escape(shown)}
            uses += [{f"{message}.{text}": pattern} for text in ("body", "html")]
    rows = Campaign.get_pymongo_collection().find(
        {"status": {"$nin": [status.value for status in ENDED]}, "$or": uses}, {"name": 1}
    )
    return [row["name"] async for row in rows.limit(NAMED)]


def list_filter(
    statuses: Sequence[CampaignStatus] | None = None,
    channel: Channel | None = None,
    audience_id: ObjectId | None = None,
    search: str | None = None,
) -> dict[str, Any]:
    """The MongoDB filter of a list; `search` is the prefix of a word of the name."""
    filter_: dict[str, Any] = {}
    if statuses is not None:
        filter_["status"] = {"$in": [status.value for status in statuses]}
    if channel is not None:
        filter_["channel"] = channel.value
    if audience_id is not None:
        filter_["audience_id"] = audience_id
    if search is not None and (found := words(search)):
        filter_["$and"] = [{"name_words": {"$elemMatch": prefix_range(word)}} for word in found[:10]]
    return filter_


async def list_campaigns(filter_: Mapping[str, Any], page: PageRequest) -> Page[Row]:
    """A page of the campaigns that match, newest first."""
    return await read_page(Campaign.get_pymongo_collection(), filter_, NEWEST_FIRST, page, FIELDS)


async def campaigns_of_audiences(
    audiences: Parents, page: PageRequest, _fields: frozenset[str]
) -> Mapping[ObjectId, Page[Row]]:
    """For each audience a page of the campaigns that were sent to it, newest first, in one query."""
    collection = Campaign.get_pymongo_collection()
    return await read_child_pages(
        collection, "audience_id", audiences, NEWEST_FIRST, page, FIELDS, among=_LAUNCHED
    )


async def count_campaigns_of(audience: ObjectId) -> int | None:
    """How many were sent to the audience."""
    return await count_in_time(Campaign.get_pymongo_collection(), {"audience_id": audience, **_LAUNCHED})


async def stats_of_audiences(audiences: Sequence[ObjectId]) -> Mapping[ObjectId, Row]:
    """For each audience that something was sent to, the stats of all its campaigns together, in the shape of
    a campaign's; by the index on the audience."""
    sums = {name: {"$sum": f"$stats.{name}"} for name in Stats.model_fields}
    found = await Campaign.get_pymongo_collection().aggregate(
        [
            {"$match": {"audience_id": {"$in": list(audiences)}, **_LAUNCHED}},
            {"$group": {"_id": "$audience_id", "is_whole": {"$min": "$planning.done"}, **sums}},
        ]
    )
    return {
        row["_id"]: {
            "_id": row["_id"],
            "stats": {name: row[name] for name in sums},
            "planning": {"done": row["is_whole"]},
        }
        async for row in found
    }


async def count_campaigns(filter_: Mapping[str, Any]) -> int | None:
    """How many match; None where counting takes too long."""
    return await count_in_time(Campaign.get_pymongo_collection(), filter_)
