"""Insights about customers who stay away: those whose last visit has become 90 days old in a period.

Who came back since is no longer among those who had stayed away 30 days ago, as they are found now. So they
are added: those among the customers of the last 30 days whose visit before was as old as that. Of many, a
part is looked at, drawn by the hash of their ids.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_FLOOR, Decimal
from typing import Any

from pymongo.errors import ExecutionTimeout

from crm_graphql.core.money import for_reading, from_units, to_text, to_units
from crm_graphql.core.settings import Settings
from crm_graphql.customers.documents import Customer
from crm_graphql.insights.changes import Insight, importance, is_change_of_people
from crm_graphql.insights.customers import count
from crm_graphql.insights.periods import AWAY_DAYS, DAYS, Periods, RawRule, where, within
from crm_graphql.insights.wording import more_or_fewer, people
from crm_graphql.mongo.deadlines import own_limits
from crm_graphql.orders.documents import Order

LOOKED_AT = 2_000
"""Of so many customers who came lately the visit before is looked up."""
TOP_PART = 10
"""High spenders are one in so many of those who spent anything."""
_AWAY, _HIGH = 3.0, 4.5


@dataclass(frozen=True, slots=True)
class Returned:
    """Total spends of customers who came back, of those looked at; each stands for `factor` customers."""

    spends: Sequence[int]
    factor: int


async def staying_away(periods: Periods, settings: Settings) -> Sequence[Insight]:
    """Whether more customers, and more high spenders, have passed 90 days without a visit."""
    try:
        least, returned = await asyncio.gather(
            _top_spend(settings), _returned(periods, settings.rule_count_timeout_seconds)
        )
    except ExecutionTimeout:
        return ()
    found = [_away(periods, settings, returned, ())]
    if least is not None:
        found.append(_away(periods, settings, returned, (least,)))
    return [insight for insight in await asyncio.gather(*found) if insight is not None]


async def _away(
    periods: Periods, settings: Settings, returned: Returned, least: Sequence[int]
) -> Insight | None:
    spent = [where("totalSpend", "GTE", to_text(units)) for units in least]
    rule: RawRule = {"all": [*spent, *within("lastVisitAt", from_days=AWAY_DAYS, to_days=AWAY_DAYS + DAYS)]}
    past = within("lastVisitAt", from_days=AWAY_DAYS + DAYS, to_days=AWAY_DAYS + 2 * DAYS)
    value, still = await asyncio.gather(
        count(rule, periods, settings), count({"all": [*spent, *past]}, periods, settings)
    )
    if value is None or still is None:
        return None
    back = sum(all(spend >= units for units in least) for spend in returned.spends) * returned.factor
    before = still + back
    if not is_change_of_people(value, before, value + still + back * returned.factor):
        return None
    who = "high spenders stay away" if least else "customers stay away"
    what = f"passed {AWAY_DAYS} days without a visit"
    if least:
        what = f"of the top tenth (from {for_reading(least[0], settings.currency)}) {what}"
    return Insight(
        title=f"{more_or_fewer(value, before)} {who}",
        text=people(what, value, before),
        value=Decimal(value),
        before=Decimal(before),
        importance=importance(_HIGH if least else _AWAY, value, before),
        rule=rule,
    )


async def _top_spend(settings: Settings) -> int | None:
    """What the high spenders spent at least, rounded down to two digits; None where nobody spent anything."""
    customers, spent = Customer.get_pymongo_collection(), {"total_spend": {"$gt": 0}}
    limit = max(1, round(settings.rule_count_timeout_seconds * 1_000))
    with own_limits():
        spenders = await customers.count_documents(spent, hint="total_spend", maxTimeMS=limit)
        if spenders < TOP_PART:
            return None
        cursor = customers.find(spent, {"_id": 0, "total_spend": 1}).sort("total_spend", -1)
        row = await anext(cursor.hint("total_spend").skip(spenders // TOP_PART).limit(1).max_time_ms(limit))
    amount = from_units(row["total_spend"])
    unit = Decimal(1).scaleb(amount.adjusted() - 1)
    return to_units((amount / unit).to_integral_value(ROUND_FLOOR) * unit) or None


async def _returned(periods: Periods, timeout_seconds: float) -> Returned:
    """Those who came in the last 30 days, and before that last between 120 and 150 days ago."""
    limit = max(1, round(timeout_seconds * 1_000))
    customers = Customer.get_pymongo_collection()
    lately = {"last_visit_at": {"$gte": periods.start, "$lte": periods.at}}
    with own_limits():
        many = await customers.count_documents(lately, hint="last_visit_at", maxTimeMS=limit)
        factor = max(1, -(-many // LOOKED_AT))
        # As a field of its own: a match on the expression would fetch each customer.
        drawn = {"$mod": [{"$toHashedIndexKey": "$_id"}, factor]}
        pipeline: list[dict[str, Any]] = [
            {"$match": lately},
            {"$project": {"drawn": drawn}},
            {"$match": {"drawn": 0}},
        ]
        cursor = await customers.aggregate(pipeline, hint="last_visit_at", maxTimeMS=limit)
        keys = [row["_id"] async for row in cursor]
        found = await customers.aggregate(
            [
                {"$match": {"_id": {"$in": keys}}},
                {"$project": {"total_spend": 1}},
                _visit_before(periods),
                {"$match": {"before.ordered_at": _long_ago(periods)}},
            ],
            maxTimeMS=limit,
        )
        return Returned([row["total_spend"] async for row in found], factor)


def _visit_before(periods: Periods) -> dict[str, Any]:
    """The stage that finds each customer's last visit before the last 30 days."""
    return {
        "$lookup": {
            "from": Order.get_pymongo_collection().name,
            "localField": "_id",
            "foreignField": "customer_id",
            "pipeline": [
                {"$match": {"ordered_at": {"$lt": periods.start}, "amount": {"$gte": 0}}},
                {"$sort": {"ordered_at": -1}},
                {"$limit": 1},
                {"$project": {"_id": 0, "ordered_at": 1}},
            ],
            "as": "before",
        }
    }


def _long_ago(periods: Periods) -> Mapping[str, Any]:
    """The range of visits that had become 90 days old within the 30 days before."""
    return {
        "$gte": periods.days_ago(AWAY_DAYS + 2 * DAYS),
        "$lt": periods.days_ago(AWAY_DAYS + DAYS),
    }
