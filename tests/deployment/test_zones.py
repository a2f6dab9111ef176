"""Days of the deployment's zone in rules: where clocks change, and as a campaign keeps them."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from crm_graphql.audiences.compile import compile_rule
from crm_graphql.audiences.describe import describe_rule
from crm_graphql.audiences.evaluate import evaluate
from crm_graphql.audiences.queries import explain_customer, find_audience, preview_rule
from crm_graphql.audiences.rules import parse
from crm_graphql.audiences.sizes import current_sizes
from crm_graphql.core.actor import Actor, Role
from crm_graphql.core.times import Duration, format_moment
from crm_graphql.core.zones import day_begins, zone_of
from crm_graphql.customers.queries import CustomerReference
from crm_graphql.deployment.service import update_settings
from crm_graphql.resources import Resources
from tests.audiences.factories import where
from tests.clocks import FixedClock
from tests.consents.factories import make_people
from tests.delivery.factories import make_audience

ADMIN = Actor(Role.ADMIN, "operator")
BERLIN = zone_of("Europe/Berlin")
HOUR = timedelta(hours=1)
MOMENT = timedelta(milliseconds=1)


@pytest.mark.parametrize(
    ("zone", "day", "begins", "hours"),
    [
        ("Europe/Berlin", "2024-03-31", "2024-03-30T23:00:00Z", 23),
        ("Europe/Berlin", "2024-10-27", "2024-10-26T22:00:00Z", 25),
        ("Europe/Berlin", "2024-06-30", "2024-06-29T22:00:00Z", 24),
        # No midnight: clocks go from 00:00 to 01:00.
        ("America/Sao_Paulo", "2018-11-04", "2018-11-04T03:00:00Z", 23),
        # Two midnights: clocks go from 01:00 back to 00:00.
        ("America/Havana", "2024-11-03", "2024-11-03T04:00:00Z", 25),
        ("Australia/Lord_Howe", "2024-04-07", "2024-04-06T13:00:00Z", 24.5),
        # A day that was left out when the date line was moved.
        ("Pacific/Apia", "2011-12-30", "2011-12-30T10:00:00Z", 0),
        ("Asia/Tokyo", "9999-12-30", "9999-12-29T15:00:00Z", 24),
    ],
)
def test_a_day_begins_and_ends_where_the_zone_has_it(zone: str, day: str, begins: str, hours: float) -> None:
    found, where_ = date.fromisoformat(day), zone_of(zone)
    first = day_begins(found, where_)
    assert format_moment(first) == begins
    assert day_begins(found + timedelta(days=1), where_) - first == timedelta(hours=hours)


@pytest.mark.parametrize(
    ("duration", "at", "before"),
    [
        # Over the night of 25 hours: a day is a day, and 24 hours are 24 hours.
        ("P1D", "2024-10-27T11:00:00Z", "2024-10-26T10:00:00Z"),
        ("PT24H", "2024-10-27T11:00:00Z", "2024-10-26T11:00:00Z"),
        ("P1DT1H", "2024-10-27T11:00:00Z", "2024-10-26T09:00:00Z"),
        ("P1W", "2024-03-31T10:00:00Z", "2024-03-24T11:00:00Z"),
        ("P1M", "2024-03-31T10:00:00Z", "2024-02-29T11:00:00Z"),
        # Noon in Berlin, whatever the day.
        ("P90D", "2024-06-30T10:00:00Z", "2024-04-01T10:00:00Z"),
        ("P9999Y", "2024-06-30T10:00:00Z", "0001-01-01T00:00:00Z"),
    ],
)
def test_days_and_months_before_are_of_the_zone_and_hours_are_hours(
    duration: str, at: str, before: str
) -> None:
    moment = datetime.fromisoformat(at).astimezone(BERLIN)
    assert format_moment(Duration.parse(duration).before(moment)) == before


@pytest.mark.parametrize(
    ("operator", "in_it"),
    [
        ("EQ", (False, True, True, False)),
        ("NE", (True, False, False, True)),
        ("LT", (True, False, False, False)),
        ("LTE", (True, True, True, False)),
        ("GTE", (False, True, True, True)),
        ("GT", (False, False, False, True)),
        ("BETWEEN", (False, True, True, False)),
    ],
)
@pytest.mark.parametrize("day", ["2024-03-31", "2024-10-27"])
async def test_a_rule_on_today_holds_for_the_whole_day_on_which_clocks_change(
    resources: Resources, operator: str, in_it: tuple[bool, ...], day: str
) -> None:
    first = day_begins(date.fromisoformat(day), BERLIN)
    after = first + HOUR * (23 if day == "2024-03-31" else 25)
    moments = (first - MOMENT, first, after - MOMENT, after)
    customers = [{"_id": number, "last_visit_at": moment} for number, moment in enumerate(moments)]
    rule = parse(where("lastVisitAt", operator, [day, day] if operator == "BETWEEN" else day))
    at = (first + 12 * HOUR).astimezone(BERLIN)
    assert tuple(evaluate(rule, one, at) for one in customers) == in_it
    collection = resources.database["days"]
    await collection.insert_many(customers)
    found = {row["_id"] async for row in collection.find(compile_rule(rule, at))}
    assert tuple(one["_id"] in found for one in customers) == in_it
    assert "(Europe/Berlin)" in describe_rule(rule, currency="EUR", zone=str(at.tzinfo))


def test_a_rule_asked_at_a_moment_without_a_zone_is_the_programs_mistake() -> None:
    rule = parse(where("lastVisitAt", "EQ", "2024-03-31"))
    with pytest.raises(ValueError, match="with a zone"):
        compile_rule(rule, datetime(2024, 3, 31, 12))


@pytest.mark.parametrize(
    ("low", "high", "is_refused"),
    [
        ("2024-03-02", "2024-03-01", True),
        ("2024-03-01", "2024-03-01", False),
        # It is the first of March in Auckland already.
        ("2024-03-01", "2024-02-29T12:00:00Z", False),
        ("2024-02-29T23:00:00Z", "2024-02-28", False),
        ("2024-03-02", "2024-02-29T12:00:00Z", True),
    ],
)
def test_a_range_is_refused_only_where_it_is_empty_in_every_zone(
    low: str, high: str, is_refused: bool
) -> None:
    try:
        parse(where("lastVisitAt", "BETWEEN", [low, high]))
    except Exception:
        assert is_refused
    else:
        assert not is_refused


async def test_a_size_that_is_counted_again_is_of_the_zone(resources: Resources) -> None:
    await make_people({"last_visit_at": datetime(2024, 6, 29, 22, 30, tzinfo=UTC)})
    audience = await find_audience(await make_audience(where("lastVisitAt", "EQ", "2024-06-30")))
    assert audience is not None
    await update_settings(ADMIN, {"time_zone": "Europe/Berlin"}, live=resources.deployment)
    clock = FixedClock(datetime(2024, 7, 1, tzinfo=UTC))
    (found,) = await current_sizes([audience], clock=clock, settings=resources.settings)
    assert found.size == 1


async def test_preview_and_explanation_go_by_the_zone_that_was_set(resources: Resources) -> None:
    """22:30 in UTC is the next day in Berlin."""
    late = datetime(2024, 6, 29, 22, 30, tzinfo=UTC)
    (key,) = await make_people({"name": "Night owl", "last_visit_at": late})
    rule = where("lastVisitAt", "EQ", "2024-06-30")
    clock = FixedClock(datetime(2024, 7, 1, tzinfo=UTC))

    async def asked() -> tuple[int | None, str | None, bool | None]:
        preview = await preview_rule(ADMIN, rule, clock=clock, settings=resources.settings)
        explanation = await explain_customer(
            ADMIN, rule, CustomerReference(key=key), clock=clock, settings=resources.settings
        )
        count = preview.count.size if preview.count else None
        return count, preview.rule_text, explanation.matches

    assert await asked() == (0, "last visit is on 30 June 2024 (UTC)", False)
    await update_settings(ADMIN, {"time_zone": "Europe/Berlin"}, live=resources.deployment)
    assert await asked() == (1, "last visit is on 30 June 2024 (Europe/Berlin)", True)
