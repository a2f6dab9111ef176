"""The failures of a campaign: its failed and skipped deliveries, counted by cause."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bson import ObjectId

from crm_graphql.delivery.documents import Delivery, DeliveryReason, DeliveryStatus
from crm_graphql.mongo.pages import aggregate_in_time

CAUSES_LIMIT = 50
FEW_TEXTS = 5
"""A reason with more texts of the vendor than these is counted without them: they tell the messages apart,
not the causes."""


@dataclass(frozen=True, slots=True)
class Cause:
    """Why so many did not get their message. `text`: the vendor's words, where they are few."""

    status: DeliveryStatus
    reason: DeliveryReason
    text: str | None
    count: int


async def causes_of(campaign_id: ObjectId) -> Sequence[Cause] | None:
    """Most first, at most 50, from an index alone; None where counting takes too long."""
    groups = await aggregate_in_time(Delivery.get_pymongo_collection(), _pipeline(campaign_id), hint="causes")
    if groups is None:
        return None
    causes = [cause for group in groups for cause in _causes(group)]
    return sorted(causes, key=lambda cause: -cause.count)[:CAUSES_LIMIT]


def _pipeline(campaign_id: ObjectId) -> list[dict[str, Any]]:
    statuses = [DeliveryStatus.FAILED.value, DeliveryStatus.SKIPPED.value]
    by_text = {"status": "$status", "reason": "$reason", "text": "$reason_text"}
    text = {"text": "$_id.text", "count": "$count"}
    return [
        {"$match": {"campaign_id": campaign_id, "status": {"$in": statuses}}},
        {"$group": {"_id": by_text, "count": {"$sum": 1}}},
        {
            "$group": {
                "_id": {"status": "$_id.status", "reason": "$_id.reason"},
                "count": {"$sum": "$count"},
                "kinds": {"$sum": 1},
                "texts": {"$topN": {"n": FEW_TEXTS, "sortBy": {"count": -1}, "output": text}},
            }
        },
    ]


def _causes(group: Mapping[str, Any]) -> Iterator[Cause]:
    status, reason = DeliveryStatus(group["_id"]["status"]), DeliveryReason(group["_id"]["reason"])
    if group["kinds"] > FEW_TEXTS:
        yield Cause(status, reason, None, group["count"])
        return
    for one in group["texts"]:
        yield Cause(status, reason, one.get("text"), one["count"])
