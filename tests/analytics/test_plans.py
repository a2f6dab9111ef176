"""Reports go by indexes, from the shorter side, and end within their time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

import pytest

from crm_graphql.analytics import reading
from crm_graphql.analytics.metrics import ReportDimension, ReportMetric
from crm_graphql.analytics.questions import Question, Span
from crm_graphql.analytics.reading import Budget, TooSlow, one_moment
from crm_graphql.analytics.reports import run_report
from crm_graphql.audiences.rules import parse
from crm_graphql.core.zones import zone_of
from crm_graphql.customers.documents import Customer
from crm_graphql.resources import Resources
from tests.analytics.test_recount import walk
from tests.analytics.world import NOW, World
from tests.audiences.factories import where
from tests.profiling import documents_examined, profiled

ALWAYS = Span()
LATELY = Span(first=NOW - timedelta(days=2))


@pytest.fixture
async def world(resources: Resources) -> World:
    """Two hundred customers with three orders each, one of them lately; few are in Lima."""
    world = World(resources)
    names = [f"c{number}" for number in range(200)]
    await world.customers(names[:195], NOW, city="Pune", country="IN")
    await world.customers(names[195:], NOW, city="Lima", country="PE")
    for days in (400, 300):
        await world.orders(*((f"{name}-{days}", name, 5, NOW - timedelta(days=days)) for name in names))
    await world.orders(*((f"{name}-1", name, 5, NOW - timedelta(days=1)) for name in names[:8]))
    await world.campaign("Spring", NOW - timedelta(days=1))
    await walk(resources)
    return world


async def read(
    world: World,
    metric: str,
    by: str,
    span: Span = ALWAYS,
    rule: Any = None,
) -> Sequence[Mapping[str, Any]]:
    """The commands on what is counted that a report gives."""
    question = Question(
        *((ReportMetric(metric),), ReportDimension(by), span, zone_of("UTC")),
        *(None if rule is None else parse(rule), 100, NOW),
    )
    async with profiled(world.resources.database) as commands:
        await run_report(question, Budget(9))
    own = (".customers", ".orders", ".deliveries", ".campaigns")
    return [one for one in commands if one["ns"].endswith(own)]


async def test_customers_are_counted_from_indexes_alone(world: World) -> None:
    for by in ("DAY", "COUNTRY", "CITY", "CHANNEL"):
        commands = [one for one in await read(world, "CUSTOMERS", by) if "aggregate" in one["command"]]
        # Labels read one customer each.
        (count,) = [one for one in commands if "$cmd.aggregate" not in one["ns"]]
        assert count.get("docsExamined", 0) == 0, by
        assert "IXSCAN" in count["planSummary"], by


async def test_orders_within_a_span_go_by_the_index_on_time(world: World) -> None:
    commands = await read(world, "REVENUE", "CITY", LATELY)
    examined = documents_examined(commands)
    assert 8 <= examined["orders command"] < 20
    (joined,) = [one for one in commands if one["ns"].endswith(".orders") and one.get("docsExamined")]
    assert joined["planSummary"].startswith("IXSCAN { ordered_at")


async def test_orders_of_few_customers_go_by_the_index_on_the_customer(world: World) -> None:
    commands = await read(world, "REVENUE", "MONTH", rule=where("city", "EQ", "Lima"))
    examined = documents_examined(commands)
    assert sum(examined.values()) < 50, examined
    assert not [one for one in commands if "COLLSCAN" in one.get("planSummary", "")]


async def test_deliveries_of_all_are_told_without_reading_one(world: World) -> None:
    for by in ("DAY", "CHANNEL", "CAMPAIGN"):
        commands = await read(world, "DELIVERIES", by, LATELY)
        assert not [one for one in commands if one["ns"].endswith(".deliveries")]
        first = next(one for one in commands if one["ns"].endswith(".campaigns"))
        assert first["planSummary"].startswith("IXSCAN { launched_at")


async def test_deliveries_go_by_indexes(world: World) -> None:
    deliveries = await world.resources.database.deliveries.count_documents({})
    for by, rule in (("CAMPAIGN", where("city", "EQ", "Lima")), ("COUNTRY", None)):
        commands = await read(world, "DELIVERIES", by, rule=rule)
        # Each once at the most, from whichever side.
        assert sum(documents_examined(commands).values()) <= deliveries + 200 + 10
        own = [one for one in commands if one["ns"].endswith(".deliveries")]
        assert not [one for one in own if "COLLSCAN" in one.get("planSummary", "")]


@pytest.mark.parametrize("by", [by.value for by in ReportDimension if by is not ReportDimension.CAMPAIGN])
async def test_a_report_whose_time_is_over_says_so(world: World, by: str) -> None:
    for metric in ("CUSTOMERS", "DELIVERIES"):
        question = Question(
            *((ReportMetric(metric),), ReportDimension(by), Span(), zone_of("UTC")),
            *(parse(where("name", "CONTAINS", "x")), 100, NOW),
        )
        with pytest.raises(TooSlow):
            await run_report(question, Budget(1e-9))


async def test_who_finds_all_places_taken_is_told_so(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "AT_ONCE", 1)
    monkeypatch.setattr(reading, "_turns", type(reading._turns)())
    async with Budget(9).turn():
        with pytest.raises(TooSlow):
            async with Budget(0.05).turn():
                raise AssertionError("two at once")
    async with Budget(0.5).turn():
        pass


async def test_what_takes_longer_than_its_time_is_ended_by_the_database(world: World) -> None:
    slow = {
        "$match": {
            "$expr": {
                "$function": {"body": "function() { sleep(50); return true; }", "args": [], "lang": "js"}
            }
        }
    }
    with pytest.raises(TooSlow, match=r"0\.2 seconds"):
        await Budget(0.2).rows(Customer, [slow])


async def test_a_moment_does_not_see_what_comes_after_it(world: World) -> None:
    async with one_moment() as session:
        before = await Budget(9).rows(Customer, [{"$count": "size"}], session=session)
        await world.customers(["late"], NOW)
        assert await Budget(9).rows(Customer, [{"$count": "size"}], session=session) == before
    assert await Budget(9).rows(Customer, [{"$count": "size"}]) == [{"size": before[0]["size"] + 1}]
