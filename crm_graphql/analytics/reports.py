"""Reports: the figures of each source, side by side, in rows."""

from __future__ import annotations

import asyncio
from collections import Counter, defaultdict
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from crm_graphql.analytics.axes import AXES, series
from crm_graphql.analytics.customer_groups import Groups, count_customers
from crm_graphql.analytics.labels import labels_of
from crm_graphql.analytics.ledgers import sum_deliveries
from crm_graphql.analytics.metrics import METRICS, Measures, ReportMetric, Source
from crm_graphql.analytics.order_groups import sum_orders
from crm_graphql.analytics.questions import Question
from crm_graphql.analytics.reading import Budget
from crm_graphql.core.zones import local_day

Read = Callable[[Question, Budget], Awaitable[Groups]]
SOURCES: Mapping[Source, Read] = {
    Source.CUSTOMERS: count_customers,
    Source.ORDERS: sum_orders,
    Source.DELIVERIES: sum_deliveries,
}


@dataclass(frozen=True, slots=True)
class ReportRow:
    """One row: `values` in the order of the report's metrics, None where there is nothing to divide by."""

    key: str
    label: str
    at: date | None
    values: Sequence[Decimal | None]


@dataclass(frozen=True, slots=True)
class Report:
    """The rows of a question, as of a moment."""

    as_of: datetime
    metrics: Sequence[ReportMetric]
    rows: Sequence[ReportRow]
    truncated: bool


async def run_report(question: Question, budget: Budget) -> Report:
    """Work the report out. Raises TooSlow."""
    sources = {METRICS[metric].source for metric in question.metrics}
    found = await asyncio.gather(
        *(SOURCES[source](question, budget) for source in Source if source in sources)
    )
    groups: Groups = defaultdict(Counter)
    for one in found:
        for key, sums in one.items():
            groups[key].update(sums)
    rows, truncated = _in_time(question, groups) if question.by in AXES else await _ranked(question, groups)
    return Report(question.at, question.metrics, rows, truncated)


def _values(question: Question, measures: Measures) -> Sequence[Decimal | None]:
    return [METRICS[metric].value(measures) for metric in question.metrics]


def _in_time(question: Question, groups: Groups) -> tuple[Sequence[ReportRow], bool]:
    """In the order of time, those without anything too; of too many the newest."""
    axis, zone, span = AXES[question.by], question.zone, question.span
    latest = max([local_day(question.at, zone), *groups])
    found = series(
        axis, groups, first=span.first_day(zone), last=span.last_day(latest, zone), limit=question.limit
    )
    return [
        ReportRow(axis.key(begins), axis.label(begins), begins, _values(question, measures))
        for begins, measures in found.stretches.items()
    ], found.is_cut


async def _ranked(question: Question, groups: Groups) -> tuple[Sequence[ReportRow], bool]:
    """By the first metric, the largest first; rows that have no value of it come last."""
    valued = [(key, _values(question, measures)) for key, measures in groups.items()]
    valued.sort(key=_rank)
    shown = valued[: question.limit]
    labels = await labels_of(question.by, [key for key, _ in shown])
    rows = [ReportRow(*labels[key], None, values) for key, values in shown]
    return rows, len(valued) > len(shown)


def _rank(row: tuple[Any, Sequence[Decimal | None]]) -> tuple[bool, Decimal, str]:
    key, (first, *_) = row
    return first is None, -(first or Decimal()), str(key)
