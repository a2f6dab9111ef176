"""Statistics of customers are what a recount says, of a rule's and of all, and those of all are kept."""

from __future__ import annotations

import random
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from crm_graphql.analytics.answers import Answers
from crm_graphql.analytics.documents import CustomerFigures
from crm_graphql.analytics.figures import KEY, MOST_AGE, REST, FiguresKeeper, from_stored
from crm_graphql.analytics.pipelines import band
from crm_graphql.analytics.queries import SMALL_MS, customer_statistics
from crm_graphql.analytics.reading import Budget, TooSlow
from crm_graphql.analytics.spend_bands import ALL_BOUNDS, MOST_BANDS, bands
from crm_graphql.analytics.statistics import Statistics, read_statistics
from crm_graphql.audiences.queries import preview_rule
from crm_graphql.audiences.rules import parse
from crm_graphql.core.actor import Actor, Role
from crm_graphql.core.zones import zone_of
from crm_graphql.customers.changed import tell_customers_changed
from crm_graphql.customers.documents import Customer
from crm_graphql.resources import Resources
from tests.analytics.world import NOW, World, documents, random_world, selected
from tests.audiences.factories import where
from tests.clocks import FixedClock
from tests.profiling import documents_examined, profiled

VIEWER = Actor(Role.VIEWER, "viewer")
RULES = (
    None,
    where("country", "EQ", "DE"),
    {"any": [where("city", "EQ", "Lima"), where("visitCount", "GT", 9)]},
)


async def ask(resources: Resources, rule: Any = None, **changes: Any) -> Statistics:
    """The statistics as of the tests' moment."""
    settings = resources.settings.model_copy(update=changes)
    clock = FixedClock(changes.pop("now", NOW))
    return await customer_statistics(VIEWER, rule, answers=Answers(), clock=clock, settings=settings)


def months_until(first: date, last: date) -> list[date]:
    found = [first]
    while found[-1] < last:
        found.append((found[-1] + timedelta(days=32)).replace(day=1))
    return found


@pytest.mark.parametrize("zone", ["UTC", "Asia/Kolkata", "America/New_York"])
async def test_every_figure_is_what_a_recount_says(resources: Resources, zone: str) -> None:
    world = await random_world(resources)
    await world.customers(["newest"], NOW - timedelta(minutes=1), country="DE")
    await world.orders(("negative", "newest", -77_0000, NOW - timedelta(days=90)))
    stored, at = await documents(resources), NOW.astimezone(zone_of(zone))
    for rule in RULES:
        found = await ask(resources, rule, time_zone=zone)
        rows = list(selected(stored, None if rule is None else parse(rule), at).values())
        months = Counter(row["created_at"].astimezone(zone_of(zone)).date().replace(day=1) for row in rows)
        countries = Counter(row["country"].casefold() for row in rows if row["country"])
        assert found.as_of == NOW
        assert found.total == len(rows) > 0
        visits = [row["last_visit_at"] for row in rows if row["last_visit_at"]]
        ago = at - timedelta(days=90)
        assert found.active == sum(ago <= visit <= at for visit in visits)
        assert found.recent == sum(row["created_at"] >= at - timedelta(days=30) for row in rows)
        assert found.spend == sum(row["total_spend"] for row in rows)
        assert found.average == (Decimal(found.spend) / 10_000 / len(rows)).quantize(Decimal("0.0001"))
        assert dict(found.months) == {
            month: months[month] for month in months_until(min(months), at.date().replace(day=1))
        }
        assert dict(found.countries) == dict(countries)
        assert [count for _, count in found.countries] == sorted(countries.values(), reverse=True)
        assert sum(one.size for one in found.bands) == len(rows)
        for one in found.bands:
            inside = [
                row
                for row in rows
                if one.first <= row["total_spend"] and (one.end is None or row["total_spend"] < one.end)
            ]
            assert one.size == len(inside), one


async def test_active_and_new_are_what_the_rules_of_these_words_select(resources: Resources) -> None:
    await random_world(resources)
    found = await ask(resources)
    for field, days, figure in (("lastVisitAt", 90, found.active), ("createdAt", 30, found.recent)):
        rule = where(field, "WITHIN_LAST", f"P{days}D")
        preview = await preview_rule(VIEWER, rule, 0, clock=FixedClock(NOW), settings=resources.settings)
        assert preview.count is not None
        assert preview.count.size == figure > 0


async def test_without_customers_there_is_nothing_and_no_average(resources: Resources) -> None:
    found = await ask(resources)
    assert (found.total, found.spend, found.average) == (0, 0, None)
    assert (found.bands, found.months, found.countries) == ([], [], [])


async def test_no_customer_is_read(resources: Resources) -> None:
    await random_world(resources)
    async with profiled(resources.database) as commands:
        await ask(resources)
    read = [one for one in commands if one["ns"].endswith(".customers")]
    assert len(read) == 3
    assert documents_examined(read) == {}
    assert not [one["planSummary"] for one in read if "COLLSCAN" in one["planSummary"]]


async def test_a_rule_that_takes_too_long_is_told_so(resources: Resources) -> None:
    await random_world(resources)
    rule = where("name", "CONTAINS", "a")
    with pytest.raises(TooSlow, match="Narrow"):
        await ask(resources, rule, rule_count_timeout_seconds=1e-9)


def keeper(resources: Resources, clock: FixedClock) -> FiguresKeeper:
    return FiguresKeeper(resources.in_transaction, clock)


async def kept() -> Statistics:
    row = await CustomerFigures.get_pymongo_collection().find_one({"_id": KEY})
    assert row is not None
    return from_stored(row)


async def test_kept_figures_are_what_a_count_says_and_follow_changes(resources: Resources) -> None:
    world, clock = await random_world(resources), FixedClock(NOW)
    keeps = keeper(resources, clock)
    assert await keeps.run(resources.settings)
    counted = await read_statistics(None, resources.settings.local(NOW), Budget(30))
    assert await kept() == counted
    # Nothing has changed.
    clock.advance(MOST_AGE / 2)
    assert not await keeps.run(resources.settings)
    await world.customers(["late"], NOW)
    await tell_customers_changed(resources.bus)
    assert await keeps.run(resources.settings)
    assert (await kept()).total == counted.total + 1
    # A count rests for thirty times as long as the last one took.
    await CustomerFigures.get_pymongo_collection().update_one({"_id": KEY}, {"$set": {"took_ms": 4_000}})
    await tell_customers_changed(resources.bus)
    clock.advance(timedelta(seconds=4 * REST - 1))
    assert not await keeps.run(resources.settings)
    clock.advance(timedelta(seconds=1))
    assert await keeps.run(resources.settings)
    clock.advance(MOST_AGE)
    assert await keeps.run(resources.settings)
    assert await keeps.run(resources.settings.model_copy(update={"time_zone": "Asia/Kolkata"}))


async def test_of_many_customers_the_kept_figures_are_told_at_once(resources: Resources) -> None:
    world = await random_world(resources)
    await keeper(resources, FixedClock(NOW)).run(resources.settings)
    before = await kept()
    await world.customers(["late"], NOW)
    # A small deployment is counted as it is now.
    assert (await ask(resources)).total == before.total + 1
    await CustomerFigures.get_pymongo_collection().update_one(
        {"_id": KEY}, {"$set": {"took_ms": SMALL_MS + 1}}
    )
    assert await ask(resources) == before
    assert (await ask(resources, time_zone="Asia/Kolkata")).total == before.total + 1
    # Nobody keeps them any more.
    await CustomerFigures.get_pymongo_collection().update_one(
        {"_id": KEY}, {"$set": {"as_of": NOW - 3 * MOST_AGE}}
    )
    assert (await ask(resources)).total == before.total + 1
    assert (await ask(resources, rule_count_timeout_seconds=1e-9)).total == before.total


def test_bands_hold_everybody_whatever_the_scale() -> None:
    source = random.Random(5)
    for scale in (1, 10**3, 10**6, 10**12):
        for spread in (0.1, 2.0, 6.0):
            spends = [
                round(scale * source.lognormvariate(0, spread)) - source.choice((0, 0, scale))
                for _ in range(500)
            ]
            counts = Counter(sum(spend >= bound for bound in ALL_BOUNDS) for spend in spends)
            found = bands(counts, min(spends))
            assert sum(one.size for one in found) == 500
            assert len(found) <= MOST_BANDS + 1
            assert [one.end for one in found[:-1]] == [one.first for one in found[1:]]
            assert found[-1].end is None
            for one in found:
                assert one.size == sum(
                    one.first <= spend and (one.end is None or spend < one.end) for spend in spends
                )


async def test_mongodb_finds_a_band_as_python_does(resources: Resources) -> None:
    edges = [value for bound in ALL_BOUNDS for value in (bound - 1, bound, bound + 1)]
    cursor = await resources.database.aggregate(
        [
            {"$documents": [{"spend": value} for value in edges]},
            {"$project": {"band": band("spend", ALL_BOUNDS), "spend": 1}},
        ]
    )
    async for row in cursor:
        assert row["band"] == sum(row["spend"] >= bound for bound in ALL_BOUNDS), row


async def test_a_customer_from_the_beginning_of_the_calendar_is_counted(resources: Resources) -> None:
    world = World(resources)
    await world.customers(["old"], datetime(1, 1, 1, tzinfo=UTC))
    await Customer.get_pymongo_collection().update_one(
        {}, {"$set": {"created_at": datetime(1, 1, 1, tzinfo=UTC)}}
    )
    assert (await ask(resources, time_zone="America/New_York")).total == 1
