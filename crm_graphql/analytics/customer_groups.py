"""Customers in groups: those of a rule, or all, counted or summed up by what they are."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from pymongo import ASCENDING, DESCENDING

from crm_graphql.analytics.metrics import PLACES, TIMES, ReportDimension
from crm_graphql.analytics.pipelines import (
    AS_NUMBER,
    NO_KEY,
    TOTALS_OF_ORDERS,
    Stage,
    day_of,
    local_day,
    moments,
    place_key,
    place_stages,
)
from crm_graphql.analytics.questions import Question
from crm_graphql.analytics.reading import Budget, TooSlow, one_moment
from crm_graphql.audiences.counting import group_matching
from crm_graphql.audiences.rules import Rule
from crm_graphql.core.channels import Channel, may_reach
from crm_graphql.core.paging import Row
from crm_graphql.customers.documents import Customer
from crm_graphql.customers.rule_indexes import COVERING_INDEX, EVERYONE

Groups = dict[Any, Counter[str]]
"""Measures by a day, a folded text or a channel's name."""
COUNT = {"customers": {"$sum": 1}}


async def grouped(
    rule: Rule | None,
    at: datetime,
    stages: Sequence[Stage],
    budget: Budget,
    *,
    is_covered: bool,
) -> Sequence[Row]:
    """What the stages make of the customers of a rule, or of all: groups may come several times, to be added
    up; those of all are of one moment. Raises TooSlow. `is_covered` as `group_matching` has it."""
    if rule is not None:
        found = await group_matching(rule, at, stages, timeout_seconds=budget.left, is_covered=is_covered)
        if found is None:
            raise TooSlow(budget.seconds)
        return found
    async with budget.turn(), one_moment() as session:
        if is_covered:
            whole = [{"$match": EVERYONE}, *stages]
            return await budget.rows(Customer, whole, hint=COVERING_INDEX, session=session)
        return await budget.rows(Customer, stages, session=session)


async def count_customers(question: Question, budget: Budget) -> Groups:
    """How many customers there are by the question's dimension, made within its span."""
    by, span = question.by, question.span
    if by in TIMES:
        return await _by_day(question, budget)
    stages: list[Stage] = [] if span.is_open else [{"$match": {"created_at": moments(span.first, span.end)}}]
    if by is ReportDimension.CHANNEL:
        stages.append({"$group": {"_id": {"key": "$reach"}, **COUNT}})
        rows = await grouped(question.rule, question.at, stages, budget, is_covered=True)
        return _by_channel(rows)
    stages += [*place_stages(PLACES[by]), {"$group": {"_id": {"key": place_key(PLACES[by])}, **COUNT}}]
    is_covered = by is not ReportDimension.TAG
    rows = await grouped(question.rule, question.at, stages, budget, is_covered=is_covered)
    return added_up(rows, "customers")


async def _by_day(question: Question, budget: Budget) -> Groups:
    span = question.span
    between = await made_between()
    if between is None:
        return {}
    made = {"$match": {"created_at": moments(span.first, span.end)}}
    day = local_day("created_at", question.zone, between)
    stages: list[Stage] = [made, {"$group": {"_id": {"part": day}, **COUNT}}, AS_NUMBER]
    if question.rule is None:
        rows: Sequence[Row] = await budget.rows(Customer, stages, hint="created_at")
    else:
        rows = await grouped(question.rule, question.at, stages, budget, is_covered=True)
    return added_up(rows, "customers", by_day=True)


async def totals_of_orders(question: Question, budget: Budget) -> Groups:
    """Orders and their worth of all time by a field of customers: out of the totals that move with them."""
    field = PLACES[question.by]
    stages = [*place_stages(field), {"$group": {"_id": {"key": place_key(field)}, **TOTALS_OF_ORDERS}}]
    rows = await grouped(question.rule, question.at, stages, budget, is_covered=False)
    found = added_up(rows, "orders", "amount")
    return {key: sums for key, sums in found.items() if any(sums.values())}


async def made_between() -> tuple[datetime, datetime] | None:
    """When the first and the last of all customers were made; None without customers."""
    found = []
    for way in (ASCENDING, DESCENDING):
        rows = Customer.get_pymongo_collection().find({}, {"_id": 0, "created_at": 1})
        found += [row["created_at"] async for row in rows.sort("created_at", way).limit(1)]
    return (found[0], found[1]) if found else None


def added_up(rows: Sequence[Row], *names: str, by_day: bool = False) -> Groups:
    """The groups, those of the same key together; with `by_day` those of the same part, which is a day."""
    found: Groups = defaultdict(Counter)
    for row in rows:
        key = day_of(row["_id"]["part"]) if by_day else row["_id"].get("key", NO_KEY)
        found[key].update({name: row[name] for name in names})
    return dict(found)


def _by_channel(rows: Sequence[Row]) -> Groups:
    sizes: Counter[int] = Counter()
    for row in rows:
        sizes[row["_id"]["key"]] += row["customers"]
    return {
        channel.value: Counter(
            customers=sum(size for reach, size in sizes.items() if may_reach(reach, channel))
        )
        for channel in Channel
    }
