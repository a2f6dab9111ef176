"""Deliveries in groups: each counts once it was tried, at the moment of its campaign's launch.

Of all customers the campaigns' own counts say all, which move with each delivery in one transaction.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from crm_graphql.analytics.customer_groups import Groups, added_up
from crm_graphql.analytics.joins import Facts, joined
from crm_graphql.analytics.metrics import PLACES, ReportDimension
from crm_graphql.analytics.pipelines import DELIVERY_MEASURES
from crm_graphql.analytics.questions import Question, Span
from crm_graphql.analytics.reading import Budget
from crm_graphql.campaigns.documents import Campaign
from crm_graphql.core.paging import Row
from crm_graphql.core.zones import local_day
from crm_graphql.delivery.documents import Delivery, DeliveryStatus

TRIED = (DeliveryStatus.SENT, DeliveryStatus.DELIVERED, DeliveryStatus.FAILED)
"""What was handed to a vendor, or failed on the way there; neither what waits nor what was kept back."""


async def sum_deliveries(question: Question, budget: Budget) -> Groups:
    """Deliveries tried and delivered by the question's dimension. Raises TooSlow."""
    campaigns = {row["_id"]: row for row in await launched_within(question.span)}
    if question.by not in PLACES and question.rule is None:
        return _by_campaign(
            {key: sums_of(row["stats"]) for key, row in campaigns.items()}, campaigns, question
        )
    if not campaigns:
        return {}
    by_place = question.by in PLACES
    facts = Facts(
        document=Delivery,
        matching={
            "campaign_id": {"$in": list(campaigns)},
            "status": {"$in": [status.value for status in TRIED]},
        },
        measures=DELIVERY_MEASURES,
        part=None if by_place else "$campaign_id",
        fields=("campaign_id", "status"),
        hint="by_status",
        count=sum(sums_of(row["stats"])["tried"] for row in campaigns.values()),
    )
    rows = await joined(facts, question, budget)
    if by_place:
        return added_up(rows, "tried", "delivered")
    return _by_campaign({row["_id"]["part"]: row for row in rows}, campaigns, question)


async def launched_within(span: Span) -> Sequence[Row]:
    """The campaigns that were launched within the span, with their counts."""
    launched: dict[str, Any] = {"$gte": span.first or datetime.min}
    if span.end is not None:
        launched["$lt"] = span.end
    fields = dict.fromkeys(("channel", "launched_at", "stats"), 1)
    return await Campaign.get_pymongo_collection().find({"launched_at": launched}, fields).to_list()


def sums_of(stats: Mapping[str, int]) -> Counter[str]:
    """A campaign's counts as measures."""
    return Counter(tried=stats["sent"] + stats["delivered"] + stats["failed"], delivered=stats["delivered"])


def _by_campaign(
    sums: Mapping[Any, Mapping[str, Any]], campaigns: Mapping[Any, Row], question: Question
) -> Groups:
    found: Groups = defaultdict(Counter)
    for campaign, measures in sums.items():
        found[_key(campaigns[campaign], question)].update(
            {name: measures[name] for name in ("tried", "delivered")}
        )
    return dict(found)


def _key(campaign: Row, question: Question) -> Any:
    if question.by is ReportDimension.CAMPAIGN:
        return campaign["_id"]
    if question.by is ReportDimension.CHANNEL:
        return campaign["channel"]
    return local_day(campaign["launched_at"], question.zone)
