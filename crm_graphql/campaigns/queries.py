"""Reading campaigns: by id, and in lists, newest first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from bson import ObjectId

from crm_graphql.campaigns.documents import Campaign, CampaignStatus, Channel
from crm_graphql.core.paging import Page, PageRequest, Row, SortKey
from crm_graphql.core.texts import prefix_range, words
from crm_graphql.mongo.pages import count_in_time, read_by_ids, read_page

NEWEST_FIRST = SortKey((("created_at", -1), ("_id", -1)))
FIELDS = dict.fromkeys(
    (
        *("name", "status", "failure_reason", "channel", "message", "audience_id", "rule", "stats"),
        *("planning.done", "revision", "created_at", "updated_at", "launched_at", "completed_at"),
    ),
    1,
)
"""What a list shows of a campaign."""


async def campaigns_by_ids(ids: Sequence[ObjectId]) -> Mapping[ObjectId, Row]:
    """The campaigns with these ids, by id."""
    return await read_by_ids(Campaign.get_pymongo_collection(), ids)


async def find_campaign(key: ObjectId) -> Row | None:
    """The campaign, or None."""
    return await Campaign.get_pymongo_collection().find_one({"_id": key})


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


async def count_campaigns(filter_: Mapping[str, Any]) -> int | None:
    """How many match; None where counting takes too long."""
    return await count_in_time(Campaign.get_pymongo_collection(), filter_)
