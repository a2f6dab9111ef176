"""Analytics as it is read: statistics, reports, saved ones, usage."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from bson import ObjectId

from crm_graphql.analytics.answers import Answers
from crm_graphql.analytics.documents import CustomerFigures, SavedReport
from crm_graphql.analytics.figures import KEY, MOST_AGE, from_stored
from crm_graphql.analytics.metrics import METRICS, ReportDimension, ReportMetric, Source, check_metrics
from crm_graphql.analytics.questions import Question, checked_limit, checked_span, checked_zone
from crm_graphql.analytics.reading import Budget, TooSlow, report_budget
from crm_graphql.analytics.reports import Report, run_report
from crm_graphql.analytics.statistics import Statistics, read_statistics
from crm_graphql.analytics.usage import Usage, read_usage
from crm_graphql.audiences.queries import present_fields
from crm_graphql.audiences.rules import Rule, read_rule
from crm_graphql.campaigns.messages import CAMPAIGNS_TOPIC
from crm_graphql.core.actor import Actor, Permission
from crm_graphql.core.clock import Clock
from crm_graphql.core.errors import Faults, InvalidInput, Problem
from crm_graphql.core.paging import Row
from crm_graphql.core.settings import Settings
from crm_graphql.customers.changed import CUSTOMERS_TOPIC

REPORTS_LIMIT = 100
SMALL_MS = 300
"""All customers are counted as they are now where that took no longer the last time."""
OLD = 2 * MOST_AGE
"""Figures that nobody keeps any more: no consumer runs."""
_CUSTOMERS = frozenset({CUSTOMERS_TOPIC})
_BOTH = frozenset({CUSTOMERS_TOPIC, CAMPAIGNS_TOPIC})


@dataclass(frozen=True, slots=True)
class Asked:
    """A question for a report, as it came; each part as `report` says."""

    metrics: Sequence[ReportMetric]
    by: ReportDimension
    first_moment: datetime | None = None
    end: datetime | None = None
    time_zone: str | None = None
    rule: Mapping[str, Any] | None = None
    first: int | None = None


async def customer_statistics(
    actor: Actor, rule: Mapping[str, Any] | None, *, answers: Answers, clock: Clock, settings: Settings
) -> Statistics:
    """The statistics of the customers of a rule, or of all. Requires ANALYTICS_READ.

    Of all customers at once, at any size: where a count takes long those that are kept in the background, as
    of their moment. Raises InvalidInput with every problem of the rule; TooSlow, past the time of a preview.
    """
    actor.require(Permission.ANALYTICS_READ)
    parsed = None if rule is None else await checked_rule(rule, settings)
    work = partial(_statistics, parsed, clock, settings)
    question = ("statistics", actor.scope, _text(rule), settings.time_zone, settings.country)
    return await answers.answer(question, _CUSTOMERS, work, lambda found: len(found.months))


async def _statistics(rule: Rule | None, clock: Clock, settings: Settings) -> Statistics:
    at = settings.local(clock.now())
    kept = None
    if rule is None:
        row = await CustomerFigures.get_pymongo_collection().find_one({"_id": KEY})
        kept = row if row is not None and row["zone"] == settings.time_zone else None
        if kept is not None and kept["took_ms"] > SMALL_MS and at - kept["as_of"] < OLD:
            return from_stored(kept)
    try:
        return await read_statistics(rule, at, Budget(settings.rule_count_timeout_seconds))
    except TooSlow:
        if kept is None:
            raise
        return from_stored(kept)


async def report(actor: Actor, asked: Asked, *, answers: Answers, clock: Clock, settings: Settings) -> Report:
    """The report, as of its `as_of`. Requires ANALYTICS_READ.

    Raises InvalidInput and LimitExceeded with all that is wrong with the question, TooSlow.
    """
    actor.require(Permission.ANALYTICS_READ)
    faults = Faults()
    with faults.noted():
        check_metrics(asked.metrics, asked.by)
    zone, limit, span = settings.zone, 0, None
    with faults.noted():
        zone = checked_zone(asked.time_zone, settings.zone)
    with faults.noted():
        limit = checked_limit(asked.first)
    with faults.noted():
        span = checked_span(asked.first_moment, asked.end)
    rule = None
    with faults.noted():
        rule = None if asked.rule is None else await checked_rule(asked.rule, settings)
    faults.check()
    assert span is not None, "a span that is none is a fault"

    async def work() -> Report:
        at = settings.local(clock.now())
        question = Question(tuple(asked.metrics), asked.by, span, zone, rule, limit, at)
        return await run_report(question, report_budget(settings))

    key = (
        *("report", actor.scope, tuple(asked.metrics), asked.by, span, zone.key, limit),
        *(_text(asked.rule), settings.time_zone, settings.country),
    )
    return await answers.answer(key, _topics(asked), work, lambda found: len(found.rows))


def _topics(asked: Asked) -> frozenset[str]:
    sources = {METRICS[metric].source for metric in asked.metrics}
    return _BOTH if Source.DELIVERIES in sources else _CUSTOMERS


def _text(rule: Mapping[str, Any] | None) -> str | None:
    return None if rule is None else json.dumps(rule, sort_keys=True, default=str)


async def checked_rule(rule: Mapping[str, Any], settings: Settings) -> Rule:
    """The rule, read. Raises InvalidInput with every problem, each under "rule"."""
    problems: list[Problem] = []
    parsed = read_rule(rule, problems, await present_fields(), default_country=settings.country or None)
    if parsed is None:
        raise InvalidInput.of(problems)
    return parsed


async def list_reports(actor: Actor) -> Sequence[Row]:
    """All saved reports, by name. Requires ANALYTICS_READ."""
    actor.require(Permission.ANALYTICS_READ)
    found = SavedReport.get_pymongo_collection().find().sort([("name", 1), ("_id", 1)])
    return await found.limit(REPORTS_LIMIT).to_list()


async def reports_by_ids(ids: Sequence[ObjectId]) -> Mapping[ObjectId, Row]:
    """The saved reports with these ids, by id."""
    found = SavedReport.get_pymongo_collection().find({"_id": {"$in": list(ids)}})
    return {row["_id"]: row async for row in found}


async def usage(
    actor: Actor, first: datetime | None, end: datetime | None, *, clock: Clock, settings: Settings
) -> Usage:
    """What was used of the deployment, in the last 30 days unless said. Requires ANALYTICS_READ. Raises
    InvalidInput, TooSlow."""
    actor.require(Permission.ANALYTICS_READ)
    at = clock.now()
    if first is None and end is not None:
        first = end - timedelta(days=30)
    span = checked_span(first, end)
    return await read_usage(span, at, settings, report_budget(settings))
