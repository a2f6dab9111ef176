"""Every figure of a report is what a recount in plain Python says, whatever became of orders and people."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import cycle
from typing import Any

import pytest

from crm_graphql.analytics.axes import AXES
from crm_graphql.analytics.metrics import METRICS, SENSELESS, ReportDimension, ReportMetric
from crm_graphql.analytics.questions import Question, Span
from crm_graphql.analytics.reading import Budget
from crm_graphql.analytics.reports import ReportRow, run_report
from crm_graphql.audiences.rules import parse
from crm_graphql.core.ids import encode_id
from crm_graphql.core.zones import zone_of
from crm_graphql.orders.count_keeping import fold_counts, walk_orders
from crm_graphql.resources import Resources
from tests.analytics.world import ALL_METRICS, NOW, World, documents, random_world, recount, recounted
from tests.audiences.factories import where

ZONES = ("UTC", "Europe/Berlin", "Asia/Kolkata", "America/St_Johns", "Australia/Lord_Howe")
SPANS = {
    "all": Span(),
    "since": Span(first=NOW - timedelta(days=365, minutes=7, milliseconds=13)),
    "until": Span(end=NOW - timedelta(days=90)),
    "days": Span(NOW - timedelta(days=95, seconds=1), NOW - timedelta(days=60, hours=3)),
    "minutes": Span(NOW - timedelta(days=300, minutes=11), NOW - timedelta(days=300, minutes=3)),
}
RULES = {
    "everyone": None,
    "some": parse({"any": [where("country", "EQ", "Germany"), where("visitCount", "GTE", 9)]}),
    "few": parse(where("city", "EQ", "Lima")),
    "nobody": parse(where("city", "EQ", "Nowhere")),
}


def metrics_by(by: ReportDimension) -> tuple[ReportMetric, ...]:
    """All that make sense by the dimension."""
    return tuple(metric for metric in ALL_METRICS if (METRICS[metric].source, by) not in SENSELESS)


def keyed(question: Question, expected: dict[Any, list[Any]]) -> dict[str, list[Any]]:
    """The recount by the keys of rows."""
    if question.by in AXES:
        return {AXES[question.by].key(day): values for day, values in expected.items()}
    if question.by is ReportDimension.CAMPAIGN:
        return {encode_id("Campaign", key): values for key, values in expected.items()}
    if question.by is ReportDimension.COUNTRY:
        return {key.upper() if len(key) == 2 else key: values for key, values in expected.items()}
    return expected


def filled(rows: Iterator[ReportRow] | Any) -> dict[str, list[Any]]:
    """The rows that hold anything, by key."""
    return {row.key: list(row.values) for row in rows if any(row.values)}


def question(by: ReportDimension, span: Span, zone: str, rule: Any, **changes: Any) -> Question:
    """A question for all metrics that make sense."""
    at = NOW.astimezone(zone_of(zone))
    metrics = changes.pop("metrics", metrics_by(by))
    return Question(metrics, by, span, zone_of(zone), rule, changes.pop("limit", 1_000), at)


@pytest.fixture
async def world(resources: Resources) -> World:
    """A world of all sorts, whose orders were counted once."""
    return await random_world(resources)


async def hold_all(resources: Resources, zones: tuple[str, ...]) -> None:
    """Each question is answered as the recount says; the zones take turns."""
    held, turns, stored = 0, cycle(zones), await documents(resources)
    for by in ReportDimension:
        for name, span in SPANS.items():
            for rule_name, rule in RULES.items():
                one = question(by, span, next(turns), rule)
                report = await run_report(one, Budget(30))
                expected = keyed(one, recounted(one, stored))
                expected = {key: values for key, values in expected.items() if any(values)}
                assert filled(report.rows) == expected, (by, name, rule_name, one.zone)
                held += len(expected)
    assert held > 1_000


async def test_reports_are_what_a_recount_says(world: World) -> None:
    await walk(world.resources)
    await hold_all(world.resources, ZONES)


async def test_reports_are_the_same_before_all_orders_were_counted(world: World) -> None:
    await hold_all(world.resources, ("Asia/Kolkata",))


async def walk(resources: Resources) -> int:
    """Go through all orders once; how many rounds that took."""
    rounds = 1
    while not await walk_orders(resources.in_transaction):
        rounds += 1
    return rounds


@pytest.mark.parametrize("zone", ["Africa/Monrovia", "UTC"])
async def test_days_that_begin_within_a_quarter_are_right(resources: Resources, zone: str) -> None:
    world = World(resources)
    # Until 1972 clocks in Liberia were 44:30 behind UTC.
    begins = datetime(1971, 5, 2, 0, 44, 30, tzinfo=UTC)
    second = timedelta(seconds=1)
    await world.orders(
        ("a", "c", 10_000, begins - second), ("b", "c", 20_000, begins), ("d", "c", 30_000, NOW)
    )
    await walk(resources)
    one = question(ReportDimension.DAY, Span(end=begins + timedelta(days=1)), zone, None)
    report = await run_report(one, Budget(30))
    assert filled(report.rows) == keyed(one, await recount(one, resources))
    days = {date(1971, 5, 1), date(1971, 5, 2)} if zone != "UTC" else {date(1971, 5, 2), date(1971, 5, 3)}
    assert {row.at for row in report.rows} == days


async def test_moved_and_replaced_orders_and_refunds_count_where_they_are_now(resources: Resources) -> None:
    world = World(resources)
    await world.customers(["ann"], NOW, country="IN")
    await world.customers(["bob"], NOW, country="DE")
    may, june = datetime(2024, 5, 31, 12, tzinfo=UTC), datetime(2024, 6, 1, 12, tzinfo=UTC)
    await world.orders(
        ("o1", "ann", 100_0000, may), ("o2", "ann", 50_0000, may), ("o3", "ann", -20_0000, june)
    )
    await walk(resources)
    await fold_counts(resources.in_transaction, least=1)
    await world.orders(("o1", "bob", 80_0000, june))

    async def rows(by: ReportDimension) -> dict[str, list[Any]]:
        metrics = (ReportMetric.ORDERS, ReportMetric.REVENUE, ReportMetric.AVERAGE_ORDER)
        return filled((await run_report(question(by, Span(), "UTC", None, metrics=metrics), Budget(9))).rows)

    assert await rows(ReportDimension.MONTH) == {"2024-05": [1, 50, 50], "2024-06": [1, 60, 60]}
    assert await rows(ReportDimension.COUNTRY) == {
        "DE": [1, 80, 80],
        "IN": [1, 30, Decimal(30)],
    }
    await world.erase("bob")
    assert await rows(ReportDimension.MONTH) == {"2024-05": [1, 50, 50], "2024-06": [0, -20, None]}
    assert await rows(ReportDimension.COUNTRY) == {"IN": [1, 30, 30]}
