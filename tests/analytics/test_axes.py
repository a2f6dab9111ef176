"""Days, weeks and months: ISO weeks over ends of years, days on which clocks change, those in between."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from crm_graphql.analytics.axes import AXES, series
from crm_graphql.analytics.metrics import ReportDimension
from crm_graphql.analytics.pipelines import day_of, local_day
from crm_graphql.core.zones import local_day as day_in
from crm_graphql.core.zones import offset_changes, zone_of
from crm_graphql.resources import Resources

WEEK = AXES[ReportDimension.WEEK]
MONTH = AXES[ReportDimension.MONTH]
DAY = AXES[ReportDimension.DAY]


@pytest.mark.parametrize(
    ("day", "begins", "key"),
    [
        (date(2020, 12, 31), date(2020, 12, 28), "2020-W53"),
        (date(2021, 1, 3), date(2020, 12, 28), "2020-W53"),
        (date(2021, 1, 4), date(2021, 1, 4), "2021-W01"),
        (date(2024, 12, 30), date(2024, 12, 30), "2025-W01"),
        (date(2024, 12, 29), date(2024, 12, 23), "2024-W52"),
        (date(1, 1, 1), date(1, 1, 1), "0001-W01"),
    ],
)
def test_a_week_is_that_of_iso_8601(day: date, begins: date, key: str) -> None:
    assert WEEK.begins(day) == begins
    assert WEEK.key(WEEK.begins(day)) == key


def test_labels_are_for_people() -> None:
    day = date(2020, 12, 31)
    assert DAY.label(day) == "31 December 2020"
    assert WEEK.label(WEEK.begins(day)) == "Week 53, 2020"
    assert MONTH.label(MONTH.begins(day)) == "December 2020"
    assert [DAY.key(day), MONTH.key(MONTH.begins(day))] == ["2020-12-31", "2020-12"]


def keys(found: Any, axis: Any = DAY) -> dict[str, int]:
    return {axis.key(day): sums["n"] for day, sums in found.stretches.items()}


def test_what_is_empty_is_there_and_of_too_many_the_newest_are() -> None:
    days = {date(2024, 2, 28): Counter(n=2), date(2024, 3, 2): Counter(n=1)}
    found = series(DAY, days, first=None, last=date(2024, 3, 3), limit=9)
    assert keys(found) == {
        "2024-02-28": 2,
        "2024-02-29": 0,
        "2024-03-01": 0,
        "2024-03-02": 1,
        "2024-03-03": 0,
    }
    assert not found.is_cut
    assert list(keys(series(DAY, days, first=None, last=date(2024, 3, 3), limit=5))) == list(keys(found))
    cut = series(DAY, days, first=None, last=date(2024, 3, 3), limit=2)
    assert (keys(cut), cut.is_cut) == ({"2024-03-02": 1, "2024-03-03": 0}, True)
    months = series(MONTH, days, first=date(2023, 12, 5), last=date(2024, 3, 3), limit=9)
    assert keys(months, MONTH) == {"2023-12": 0, "2024-01": 0, "2024-02": 2, "2024-03": 1}
    assert keys(series(DAY, {}, first=None, last=date(2024, 3, 3), limit=5)) == {}
    assert keys(series(DAY, {}, first=date(2024, 3, 4), last=date(2024, 3, 3), limit=5)) == {}
    beginning = series(MONTH, {date.min: Counter(n=1)}, first=None, last=date(1, 2, 1), limit=9)
    assert keys(beginning, MONTH) == {"0001-01": 1, "0001-02": 0}


BERLIN_SPRING = datetime(2024, 3, 30, 23, tzinfo=UTC)
BERLIN_AUTUMN = datetime(2024, 10, 26, 22, tzinfo=UTC)
EDGES = {
    "Europe/Berlin": [
        BERLIN_SPRING,
        BERLIN_SPRING + timedelta(hours=23),
        BERLIN_AUTUMN,
        BERLIN_AUTUMN + timedelta(hours=25),
    ],
    "Asia/Kolkata": [datetime(2024, 3, 30, 18, 30, tzinfo=UTC), datetime(2024, 3, 31, 18, 30, tzinfo=UTC)],
    # Clocks went forward at midnight: the day began at 01:00.
    "America/Sao_Paulo": [datetime(2018, 11, 4, 3, tzinfo=UTC), datetime(2018, 11, 5, 2, tzinfo=UTC)],
    # There was no 30 December 2011.
    "Pacific/Apia": [datetime(2011, 12, 30, 10, tzinfo=UTC), datetime(2011, 12, 31, 10, tzinfo=UTC)],
    "Africa/Monrovia": [
        datetime(1971, 5, 2, 0, 44, 30, tzinfo=UTC),
        datetime(1972, 1, 7, 0, 44, 30, tzinfo=UTC),
    ],
    "Europe/Amsterdam": [datetime(1900, 1, 1, tzinfo=UTC), datetime(1937, 7, 1, tzinfo=UTC)],
}


@pytest.mark.parametrize("zone", EDGES)
async def test_mongodb_is_told_days_as_python_has_them(resources: Resources, zone: str) -> None:
    millisecond = timedelta(milliseconds=1)
    moments = [edge + step for edge in EDGES[zone] for step in (-millisecond, timedelta(), millisecond)]
    moments += [datetime(2024, 1, 1, tzinfo=UTC) + number * timedelta(hours=7) for number in range(2_000)]
    between = (min(moments), max(moments))
    days = await _days(resources, zone, moments, between)
    assert days == [moment.astimezone(zone_of(zone)).date() for moment in moments]


async def test_the_ends_of_the_calendar_are_days_too(resources: Resources) -> None:
    ends = [datetime(1, 1, 1, tzinfo=UTC), datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)]
    for zone in ("America/New_York", "Asia/Tokyo"):
        assert await _days(resources, zone, ends, (ends[0], ends[1])) == [date.min, date.max]
        assert [day_in(end, zone_of(zone)) for end in ends] == [date.min, date.max]


async def _days(
    resources: Resources, zone: str, moments: list[datetime], between: tuple[datetime, datetime]
) -> list[date]:
    day = {"$toLong": local_day("at", zone_of(zone), between)}
    cursor = await resources.database.aggregate(
        [{"$documents": [{"at": moment} for moment in moments]}, {"$project": {"day": day}}]
    )
    return [day_of(row["day"]) async for row in cursor]


def test_clocks_change_when_the_database_of_zones_says() -> None:
    found = offset_changes(zone_of("Europe/Berlin"), date(2024, 1, 1), date(2024, 12, 31))
    hour = timedelta(hours=1)
    assert found == (
        (datetime(2024, 1, 1, tzinfo=UTC), hour),
        (datetime(2024, 3, 31, 1, tzinfo=UTC), 2 * hour),
        (datetime(2024, 10, 27, 1, tzinfo=UTC), hour),
    )
    assert len(offset_changes(zone_of("Asia/Kolkata"), date(2000, 1, 1), date(2024, 1, 1))) == 1
