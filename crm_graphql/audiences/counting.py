"""Counts of the customers of a rule, and of those that each channel reaches."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pymongo.errors import ExecutionTimeout

from crm_graphql.audiences.compile import compared_path, disjoint_filters
from crm_graphql.audiences.filters import Filter
from crm_graphql.audiences.rules import AllOf, AnyOf, Not, Rule
from crm_graphql.core.channels import Channel, may_reach
from crm_graphql.customers.documents import Customer
from crm_graphql.customers.rule_indexes import COVERED, COVERING_INDEX, EVERYONE, LEADING
from crm_graphql.mongo.deadlines import own_limits

BY_REACH = {"_id": "$reach", "size": {"$sum": 1}}

PATIENCE_SECONDS = 0.15
"""How long the plan that MongoDB chose may take before the covering index is read from end to end instead.

MongoDB judges plans by their first hundred results: it fetches half of all customers for a country rather
than read an index that has the answer. A narrow rule ends within this time."""


@dataclass(frozen=True, slots=True)
class Count:
    """Customers that match, and how many of them each channel may write to."""

    size: int
    reached: Mapping[Channel, int]


async def count_matching(rule: Rule, at: datetime, *, timeout_seconds: float) -> int | None:
    """How many customers match at the moment `at`; None when counting takes longer than the timeout."""
    sizes = [{"$group": {"_id": None, "size": {"$sum": 1}}}]
    groups = await group_matching(rule, at, sizes, timeout_seconds=timeout_seconds)
    return None if groups is None else sum(group["size"] for group in groups)


async def count_reach(rule: Rule, at: datetime, *, timeout_seconds: float) -> Count | None:
    """The same with whom each channel may write to, in one pass; None when it takes too long."""
    groups = await group_matching(rule, at, [{"$group": BY_REACH}], timeout_seconds=timeout_seconds)
    if groups is None:
        return None
    return Count(
        size=sum(group["size"] for group in groups),
        reached={
            channel: sum(group["size"] for group in groups if may_reach(group["_id"], channel))
            for channel in Channel
        },
    )


async def group_matching(
    rule: Rule,
    at: datetime,
    stages: Sequence[Mapping[str, Any]],
    *,
    timeout_seconds: float,
    is_covered: bool = True,
) -> list[Mapping[str, Any]] | None:
    """What the stages of an aggregation make of the matching customers; None when it takes longer than the
    timeout.

    Parts of the rule are asked side by side, each customer in one of them: groups come once for each part,
    to be added up. `is_covered` says that the stages need nothing beyond the covering index.
    """
    hint = covering_hint(rule) if is_covered else None
    try:
        parts = await asyncio.gather(
            *(_group_part(part, stages, hint, timeout_seconds) for part in disjoint_filters(rule, at))
        )
    except ExecutionTimeout:
        return None
    return [group for part in parts for group in part]


async def _group_part(
    filter_: Filter, stages: Sequence[Mapping[str, Any]], hint: str | None, timeout_seconds: float
) -> list[Mapping[str, Any]]:
    if hint is None or timeout_seconds <= PATIENCE_SECONDS:
        return await _aggregate(filter_, stages, timeout_seconds)
    try:
        return await _aggregate(filter_, stages, PATIENCE_SECONDS)
    except ExecutionTimeout:
        filter_ = {"$and": [EVERYONE, filter_]}
        return await _aggregate(filter_, stages, timeout_seconds - PATIENCE_SECONDS, hint=hint)


async def _aggregate(
    filter_: Filter, stages: Sequence[Mapping[str, Any]], timeout_seconds: float, *, hint: str | None = None
) -> list[Mapping[str, Any]]:
    options: dict[str, Any] = {"maxTimeMS": _milliseconds(timeout_seconds)}
    if hint is not None:
        options["hint"] = hint
    with own_limits():
        cursor = await Customer.get_pymongo_collection().aggregate([{"$match": filter_}, *stages], **options)
        return await cursor.to_list()


def _milliseconds(seconds: float) -> int:
    return max(1, round(seconds * 1_000))


def covering_hint(rule: Rule) -> str | None:
    """The index that answers a broad rule without a customer, where MongoDB may not see it by itself."""
    paths = _paths(rule)
    return COVERING_INDEX if paths <= COVERED and paths - {"reach"} not in LEADING else None


def _paths(rule: Rule) -> set[str]:
    """The document's fields that the rule's filter asks about."""
    if isinstance(rule, AllOf | AnyOf):
        return {path for part in rule.parts for path in _paths(part)}
    return _paths(rule.part) if isinstance(rule, Not) else {compared_path(rule)}
