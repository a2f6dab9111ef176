"""The metrics of reports: what each is made of, by what it can be asked, and why not by the rest. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal
from enum import Enum

from crm_graphql.core.errors import ErrorCode, InvalidInput, Problem
from crm_graphql.core.money import UNITS


class ReportMetric(Enum):
    """What a report tells of each of its rows."""

    CUSTOMERS = "CUSTOMERS"
    ORDERS = "ORDERS"
    REVENUE = "REVENUE"
    AVERAGE_ORDER = "AVERAGE_ORDER"
    DELIVERIES = "DELIVERIES"
    DELIVERY_RATE = "DELIVERY_RATE"


class ReportDimension(Enum):
    """What the rows of a report are."""

    DAY = "DAY"
    WEEK = "WEEK"
    MONTH = "MONTH"
    COUNTRY = "COUNTRY"
    CITY = "CITY"
    TAG = "TAG"
    CHANNEL = "CHANNEL"
    CAMPAIGN = "CAMPAIGN"


class Source(Enum):
    """Where a metric's figures come from: one reading serves all metrics of a source."""

    CUSTOMERS = "customers"
    ORDERS = "orders"
    DELIVERIES = "deliveries"


Measures = Mapping[str, int]
"""Whole numbers of one row, by name: customers; orders and amount (ten-thousandths, net of refunds); tried
and delivered. What is missing is zero."""

FOUR_PLACES = Decimal("0.0001")


@dataclass(frozen=True, slots=True)
class Metric:
    """What a metric is: a measure, or one divided by another, in so many parts of a whole."""

    source: Source
    measure: str
    divided_by: str | None = None
    parts: int = 1

    def value(self, measures: Measures) -> Decimal | None:
        """Its value, exact, or of a quotient rounded to four places; None where there is nothing to divide
        by."""
        value = Decimal(measures.get(self.measure, 0)) / self.parts
        if self.divided_by is None:
            return value
        divisor = measures.get(self.divided_by, 0)
        return (value / divisor).quantize(FOUR_PLACES, ROUND_HALF_EVEN) if divisor else None


METRICS: Mapping[ReportMetric, Metric] = {
    ReportMetric.CUSTOMERS: Metric(Source.CUSTOMERS, "customers"),
    ReportMetric.ORDERS: Metric(Source.ORDERS, "orders"),
    ReportMetric.REVENUE: Metric(Source.ORDERS, "amount", parts=UNITS),
    ReportMetric.AVERAGE_ORDER: Metric(Source.ORDERS, "amount", "orders", UNITS),
    ReportMetric.DELIVERIES: Metric(Source.DELIVERIES, "tried"),
    ReportMetric.DELIVERY_RATE: Metric(Source.DELIVERIES, "delivered", "tried"),
}

TIMES = frozenset({ReportDimension.DAY, ReportDimension.WEEK, ReportDimension.MONTH})
PLACES: Mapping[ReportDimension, str] = {
    ReportDimension.COUNTRY: "country",
    ReportDimension.CITY: "city",
    ReportDimension.TAG: "tags",
}
"""Dimensions that are fields of customers, with the field."""

SENSELESS: Mapping[tuple[Source, ReportDimension], str] = {
    (Source.CUSTOMERS, ReportDimension.CAMPAIGN): "a campaign has each of its customers once, as a delivery: "
    "ask for DELIVERIES",
    (Source.ORDERS, ReportDimension.CHANNEL): "an order comes by no channel: ask for CUSTOMERS or DELIVERIES",
    (
        Source.ORDERS,
        ReportDimension.CAMPAIGN,
    ): "no order says which campaign led to it: ask for DELIVERIES, or give a rule",
}
"""Pairs that mean nothing together, each with the reason. All others are answered."""


def check_metrics(metrics: Sequence[ReportMetric], by: ReportDimension) -> None:
    """Raise InvalidInput with every metric that means nothing by this dimension, for none at all, and for one
    that is asked twice."""
    problems = []
    if not metrics:
        problems.append(Problem(ErrorCode.REQUIRED, "A report needs at least one metric.", ("metrics",)))
    for position, metric in enumerate(metrics):
        path = ("metrics", str(position))
        reason = SENSELESS.get((METRICS[metric].source, by))
        if reason is not None:
            problems.append(
                Problem(ErrorCode.INVALID, f"{metric.value} by {by.value} means nothing: {reason}.", path)
            )
        if metric in metrics[:position]:
            problems.append(Problem(ErrorCode.INVALID, f"{metric.value} is asked for twice.", path))
    if problems:
        raise InvalidInput.of(problems)
