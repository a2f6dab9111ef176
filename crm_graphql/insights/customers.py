"""Insights about customers: who came, who ordered, for how much, and in which cities they become more.

Customers are counted from the index that covers what rules ask most; orders are read once for each period.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from pymongo.errors import ExecutionTimeout

from crm_graphql.audiences.counting import count_matching
from crm_graphql.audiences.rules import parse
from crm_graphql.core.money import for_reading, from_units
from crm_graphql.core.settings import Settings
from crm_graphql.customers.documents import Customer
from crm_graphql.customers.rule_indexes import COVERING_INDEX, EVERYONE
from crm_graphql.insights.changes import LEAST, Insight, importance, is_change, is_change_of_people
from crm_graphql.insights.periods import DAYS, Periods, RawRule, where, within
from crm_graphql.insights.wording import BEFORE, LAST, compared, more_or_fewer, people
from crm_graphql.mongo.deadlines import own_limits
from crm_graphql.orders.documents import Order

CITIES = 3
"""So many cities are told at the most, those that grew most."""
_REVENUE, _ORDERED, _FIRST, _NEW, _CITY = 5.0, 3.5, 2.5, 2.0, 4.0
"""How much each kind matters; a city's is multiplied by its part of all first purchases."""


@dataclass(frozen=True, slots=True)
class Sales:
    """The orders of a period: customers with one (not told of the last period), how many, their worth in
    ten-thousandths net of refunds, and the sum of the squares of their amounts, by which chance is judged."""

    customers: int
    orders: int
    revenue: int
    squares: float


async def count(rule: RawRule, periods: Periods, settings: Settings) -> int | None:
    """How many customers a rule selects at the end of the periods; None where it takes too long."""
    timeout = settings.rule_count_timeout_seconds
    return await count_matching(parse(rule), periods.at, timeout_seconds=timeout)


async def new_customers(periods: Periods, settings: Settings) -> Sequence[Insight]:
    """Whether more customers came into the records."""
    (rule,) = within("createdAt", to_days=DAYS)
    value, before = await asyncio.gather(
        count(rule, periods, settings), count(periods.before("createdAt"), periods, settings)
    )
    if value is None or before is None or not is_change_of_people(value, before):
        return ()
    title = f"{more_or_fewer(value, before)} new customers"
    return (_of_people(title, "are new", value, before, _NEW, rule),)


async def first_purchases(periods: Periods, settings: Settings) -> Sequence[Insight]:
    """Whether more customers bought for the first time, in all and by city."""
    by_city = await _first_visits_by_city(periods, settings.rule_count_timeout_seconds)
    if by_city is None:
        return ()
    value, before = (sum(pair[period] for pair in by_city.values()) for period in (0, 1))
    (rule,) = within("firstVisitAt", to_days=DAYS)
    found = []
    if is_change_of_people(value, before):
        title = f"{more_or_fewer(value, before)} first purchases"
        found.append(_of_people(title, "bought for the first time", value, before, _FIRST, rule))
    grown = [
        (city, *pair)
        for city, pair in by_city.items()
        if city is not None and pair[0] > pair[1] and is_change_of_people(*pair)
    ]
    grown = sorted(grown, key=lambda one: (one[2] - one[1], one[0]))[:CITIES]
    names = await asyncio.gather(*(_as_written(city) for city, *_ in grown))
    for name, (city, now, then) in zip(names, grown, strict=True):
        of_city: RawRule = {"all": [where("city", "EQ", city), rule]}
        what = f"in {name} bought for the first time"
        found.append(_of_people(f"{name} is growing", what, now, then, _CITY * now / value, of_city))
    return found


def _of_people(title: str, what: str, value: int, before: int, weight: float, rule: RawRule) -> Insight:
    return Insight(
        title=title,
        text=people(what, value, before),
        value=Decimal(value),
        before=Decimal(before),
        importance=importance(weight, value, before),
        rule=rule,
    )


async def _first_visits_by_city(
    periods: Periods, timeout_seconds: float
) -> Mapping[str | None, tuple[int, int]] | None:
    """By city in folded case: first visits of the last 30 days and of the 30 before; None where reading the
    index takes too long."""
    recent = {"$cond": [{"$gte": ["$first_visit_at", periods.start]}, 1, 0]}
    pipeline: list[dict[str, Any]] = [
        {"$match": {**EVERYONE, "first_visit_at": {"$gte": periods.start_before, "$lte": periods.at}}},
        {"$group": {"_id": "$folded.city", "all": {"$sum": 1}, "recent": {"$sum": recent}}},
    ]
    try:
        rows = await _rows(Customer, pipeline, timeout_seconds, hint=COVERING_INDEX)
    except ExecutionTimeout:
        return None
    return {row["_id"]: (row["recent"], row["all"] - row["recent"]) for row in rows}


async def _as_written(city: str) -> str:
    """The city as one of its customers writes it."""
    found = await Customer.get_pymongo_collection().find_one({"folded.city": city}, {"city": 1})
    return str(found["city"]) if found else city


async def orders(periods: Periods, settings: Settings) -> Sequence[Insight]:
    """Whether more customers ordered, and whether they are worth more."""
    timeout = settings.rule_count_timeout_seconds
    (rule,) = within("lastVisitAt", to_days=DAYS)
    try:
        value, now, before = await asyncio.gather(
            count(rule, periods, settings),
            _sales(periods.start, periods.at, timeout, last=True),
            _sales(periods.start_before, periods.start, timeout),
        )
    except ExecutionTimeout:
        return ()
    return [*_revenue(now, before, settings.currency), *_ordered(value, before.customers, rule)]


def _ordered(value: int | None, before: int, rule: RawRule) -> Iterator[Insight]:
    if value is not None and is_change_of_people(value, before):
        title = f"{more_or_fewer(value, before)} customers ordered"
        yield _of_people(title, "ordered", value, before, _ORDERED, rule)


def _revenue(now: Sales, before: Sales, currency: str) -> Iterator[Insight]:
    enough = min(now.orders, before.orders) >= LEAST and min(now.revenue, before.revenue) > 0
    if not enough or not is_change(now.revenue, before.revenue, now.squares + before.squares):
        return
    change = compared(now.revenue, before.revenue)
    yield Insight(
        title=f"Revenue is {'up' if now.revenue > before.revenue else 'down'}",
        text=(
            f"{now.orders:,} orders {LAST} are worth {for_reading(now.revenue, currency)} net of refunds, "
            f"{change} than the {for_reading(before.revenue, currency)} of {before.orders:,} orders {BEFORE}."
        ),
        value=from_units(now.revenue),
        before=from_units(before.revenue),
        importance=importance(_REVENUE, now.revenue, before.revenue),
    )


async def _sales(first: datetime, end: datetime, timeout_seconds: float, *, last: bool = False) -> Sales:
    """The orders from `first` until before `end`. Of the last period the end belongs to it, and its customers
    are not counted: their last visits tell them at less cost."""
    one: dict[str, Any] = {
        "orders": {"$sum": {"$cond": [{"$gte": ["$amount", 0]}, 1, 0]}},
        "revenue": {"$sum": "$amount"},
        # What is too large for a whole number becomes a floating one.
        "squares": {"$sum": {"$multiply": ["$amount", "$amount"]}},
    }
    buyer = {"$cond": [{"$gt": ["$orders", 0]}, 1, 0]}
    again = {name: {"$sum": f"${name}"} for name in one}
    groups: list[dict[str, Any]] = [
        {"$group": {"_id": "$customer_id", **one}},
        {"$group": {"_id": None, "customers": {"$sum": buyer}, **again}},
    ]
    period = {"ordered_at": {"$gte": first, "$lte" if last else "$lt": end}}
    if last:
        groups = [{"$group": {"_id": None, **one}}]
    rows = await _rows(Order, [{"$match": period}, *groups], timeout_seconds, hint="ordered_at")
    if not rows:
        return Sales(0, 0, 0, 0.0)
    (row,) = rows
    return Sales(row.get("customers", 0), row["orders"], row["revenue"], float(row["squares"]))


async def _rows(
    document: type[Customer | Order], pipeline: list[dict[str, Any]], timeout_seconds: float, *, hint: str
) -> list[Mapping[str, Any]]:
    with own_limits():
        cursor = await document.get_pymongo_collection().aggregate(
            pipeline, hint=hint, maxTimeMS=max(1, round(timeout_seconds * 1_000))
        )
        return await cursor.to_list()
