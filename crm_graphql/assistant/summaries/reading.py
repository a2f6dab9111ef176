"""Reading the figures of a campaign, at a cost with a bound however many recipients it has.

Causes are counted in the index of those few deliveries that have one. Orders are those of every recipient up
to 20,000; of more, those of 20,000 recipients at even distances in the ledger, scaled up. The ledger is in
the order in which customers came, so that old and new ones are drawn in their shares, and the same ones each
time.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bson import ObjectId
from pymongo.errors import ExecutionTimeout

from crm_graphql.assistant.summaries.figures import CampaignFigures, Earlier, Orders
from crm_graphql.campaigns.documents import Campaign, CampaignStatus
from crm_graphql.core.actor import Actor, Permission
from crm_graphql.core.channels import Channel
from crm_graphql.core.clock import Clock
from crm_graphql.core.errors import NotFound
from crm_graphql.core.paging import Row
from crm_graphql.core.settings import Settings
from crm_graphql.delivery.documents import Delivery, DeliveryReason, DeliveryStatus
from crm_graphql.mongo.deadlines import own_limits
from crm_graphql.orders.documents import Order

SAMPLE = 20_000
TIMEOUT_MS = 3_000
"""How long one of the questions may take; what takes longer is not told."""
ESTIMATE_DIGITS = 2

_FIELDS = dict.fromkeys(
    ("name", "channel", "status", "stats", "planning.done", "audience_id", "launched_at"), 1
)
_STATS = ("total", "queued", "sent", "delivered", "failed", "skipped")
_REACHED = (DeliveryStatus.SENT.value, DeliveryStatus.DELIVERED.value)
FAILURES = frozenset(
    {
        *(DeliveryReason.VENDOR_REJECTED, DeliveryReason.BOUNCED, DeliveryReason.COMPLAINED),
        DeliveryReason.NO_RECEIPT,
        *(DeliveryReason.OUTCOME_UNKNOWN, DeliveryReason.OTHER),
    }
)
"""Reasons of failed deliveries alone; all others are of skipped ones."""
EITHER = DeliveryReason.TEMPLATE_ERROR
"""The one reason of both: a template that fails, and one that leaves nothing to send."""


@dataclass(frozen=True, slots=True)
class _Span:
    """A stretch of time, both ends included."""

    first: datetime
    last: datetime


async def campaign_figures(
    actor: Actor, campaign_id: ObjectId, *, clock: Clock, settings: Settings
) -> CampaignFigures:
    """What is known of the campaign now. Requires CAMPAIGNS_READ and CUSTOMERS_READ.

    The orders of the campaign before are counted for as long after its launch as those of this one.
    Raises NotFound at `campaignId`.
    """
    actor.require(Permission.CAMPAIGNS_READ)
    actor.require(Permission.CUSTOMERS_READ)
    row = await Campaign.get_pymongo_collection().find_one({"_id": campaign_id}, _FIELDS)
    if row is None:
        raise NotFound("There is no such campaign.", path=("campaignId",))
    now, launched_at = clock.now(), row.get("launched_at")
    causes, orders, earlier = await asyncio.gather(
        _causes(row), _orders(row, _since(launched_at, now)), _earlier(row, now)
    )
    failed_by, skipped_by = _by_status(causes, row["stats"]["skipped"])
    return CampaignFigures(
        name=row["name"],
        launched_at=launched_at,
        **{name: row["stats"][name] for name in _STATS},
        orders=orders,
        channel=Channel(row["channel"]),
        status=CampaignStatus(row["status"]),
        at=now,
        currency=settings.currency,
        is_whole=bool(row.get("planning", {}).get("done")),
        failed_by=failed_by,
        skipped_by=skipped_by,
        earlier=earlier,
    )


def _since(launched_at: datetime | None, now: datetime) -> _Span | None:
    return None if launched_at is None else _Span(launched_at, now)


async def _earlier(row: Row, now: datetime) -> Earlier | None:
    """The campaign to the same audience that was launched last before this one."""
    launched_at: datetime | None = row.get("launched_at")
    if launched_at is None:
        return None
    before = await Campaign.get_pymongo_collection().find_one(
        {"audience_id": row["audience_id"], "launched_at": {"$lt": launched_at}},
        _FIELDS,
        sort=[("launched_at", -1)],
        hint="audience",
    )
    if before is None:
        return None
    first: datetime = before["launched_at"]
    return Earlier(
        name=before["name"],
        launched_at=first,
        **{name: before["stats"][name] for name in _STATS},
        orders=await _orders(before, _Span(first, first + (now - launched_at))),
    )


async def _causes(row: Row) -> Mapping[DeliveryReason, int]:
    """How many deliveries have each reason; none of them where counting takes too long."""
    if not row["stats"]["failed"] and not row["stats"]["skipped"]:
        return {}
    try:
        counts = await asyncio.gather(*(_count_reason(row["_id"], reason) for reason in DeliveryReason))
    except ExecutionTimeout:
        return {}
    return {reason: count for reason, count in zip(DeliveryReason, counts, strict=True) if count}


async def _count_reason(campaign_id: ObjectId, reason: DeliveryReason) -> int:
    with own_limits():
        return await Delivery.get_pymongo_collection().count_documents(
            {"campaign_id": campaign_id, "reason": reason.value}, hint="by_reason", maxTimeMS=TIMEOUT_MS
        )


def _by_status(
    causes: Mapping[DeliveryReason, int], skipped: int
) -> tuple[Mapping[str, int], Mapping[str, int]]:
    """The causes of failed and of skipped deliveries, most first. Of the reason that both have, what the
    other reasons leave of the skipped ones is theirs."""
    skips = {
        reason: count for reason, count in causes.items() if reason not in FAILURES and reason is not EITHER
    }
    fails = {reason: count for reason, count in causes.items() if reason in FAILURES}
    either = causes.get(EITHER, 0)
    of_skipped = min(either, max(0, skipped - sum(skips.values())))
    skips[EITHER], fails[EITHER] = of_skipped, either - of_skipped
    return _most_first(fails), _most_first(skips)


def _most_first(causes: Mapping[DeliveryReason, int]) -> Mapping[str, int]:
    ordered = sorted(causes.items(), key=lambda pair: (-pair[1], pair[0].value))
    return {reason.value: count for reason, count in ordered if count}


async def _orders(row: Row, span: _Span | None) -> Orders | None:
    """The orders within the span of those who got the message; None where nobody did, or where it takes too
    long."""
    stats = row["stats"]
    total: int = stats["total"]
    if span is None or not stats["sent"] + stats["delivered"]:
        return None
    numbers = range(0, total, -(-total // SAMPLE))
    try:
        recipients = await _recipients(row["_id"], numbers, whole=len(numbers) == total)
        customers, orders, revenue = await _ordered(recipients, span)
    except ExecutionTimeout:
        return None
    if len(numbers) == total:
        return Orders(customers, orders, revenue)
    scale = total / len(numbers)
    return Orders(
        _rounded(customers * scale), _rounded(orders * scale), _rounded(revenue * scale), is_estimate=True
    )


async def _recipients(campaign_id: ObjectId, numbers: range, *, whole: bool) -> list[ObjectId]:
    """The customers behind these numbers of the ledger who got the message."""
    filter_: dict[str, Any] = {"campaign_id": campaign_id, "status": {"$in": _REACHED}}
    if not whole:
        filter_["number"] = {"$in": list(numbers)}
    with own_limits():
        rows = (
            Delivery.get_pymongo_collection()
            .find(filter_, {"_id": 0, "customer_id": 1})
            .hint("number")
            .max_time_ms(TIMEOUT_MS)
            .batch_size(SAMPLE)
        )
        return [row["customer_id"] async for row in rows if row["customer_id"] is not None]


async def _ordered(customers: list[ObjectId], span: _Span) -> tuple[int, int, int]:
    """How many of them ordered, how often, and for how much net of refunds."""
    own = {"customer_id": {"$in": customers}, "ordered_at": {"$gte": span.first, "$lte": span.last}}
    purchase = {"$cond": [{"$gte": ["$amount", 0]}, 1, 0]}
    of_each = {"_id": "$customer_id", "orders": {"$sum": purchase}, "revenue": {"$sum": "$amount"}}
    of_all = {
        "_id": None,
        "customers": {"$sum": {"$cond": [{"$gt": ["$orders", 0]}, 1, 0]}},
        "orders": {"$sum": "$orders"},
        "revenue": {"$sum": "$revenue"},
    }
    with own_limits():
        cursor = await Order.get_pymongo_collection().aggregate(
            [{"$match": own}, {"$group": of_each}, {"$group": of_all}],
            hint="customer_ordered_at",
            maxTimeMS=TIMEOUT_MS,
        )
        async for row in cursor:
            return row["customers"], row["orders"], row["revenue"]
    return 0, 0, 0


def _rounded(value: float) -> int:
    """The estimate without digits that it does not have."""
    whole = round(value)
    return round(whole, ESTIMATE_DIGITS - len(str(abs(whole)))) if abs(whole) >= 100 else whole
