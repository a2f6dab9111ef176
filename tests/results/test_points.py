"""Points of a timeline: each moment has one step, no timeline has too many, and nothing is lost or moved."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from bson import ObjectId
from hypothesis import given
from hypothesis import strategies as st
from pymongo.asynchronous.client_session import AsyncClientSession

from crm_graphql.resources import Resources
from crm_graphql.results.documents import CampaignPoints
from crm_graphql.results.points import (
    EVENTS,
    LEDGER,
    MOST_POINTS,
    STEPS,
    PointCounts,
    note_points,
    steps_of,
    timeline_of,
    write_points,
)

LAUNCHED = datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC)
YEARS = int(timedelta(days=3 * 365).total_seconds())
moments = st.integers(-100, YEARS).map(lambda seconds: LAUNCHED + timedelta(seconds=seconds))
events = st.tuples(moments, st.sampled_from(EVENTS), st.integers(1, 9))


def stored(happened: list[tuple[datetime, str, int]]) -> list[dict[str, Any]]:
    """The documents after everything was written, each on its own."""
    found: dict[str, dict[str, Any]] = {}
    for at, event, count in happened:
        points = PointCounts(LAUNCHED)
        points.add(at, event, count)
        (change,) = [update._doc for update in points.updates(ObjectId(), LEDGER)]
        assert isinstance(change, dict)
        ((path, more),) = change["$inc"].items()
        step = change["$setOnInsert"]["step_seconds"]
        _, number, name = path.split(".")
        place = found.setdefault(str(step), {"step_seconds": step, "points": {}})["points"].setdefault(
            number, {}
        )
        place[name] = place.get(name, 0) + more
    return list(found.values())


def test_each_step_holds_whole_ones_of_those_before_it() -> None:
    assert all(long % short == 0 for short, long in pairwise(STEPS))


@given(st.lists(events, max_size=30))
def test_a_timeline_is_evenly_spaced_not_too_long_and_sums_up(
    happened: list[tuple[datetime, str, int]],
) -> None:
    timeline = steps_of(stored(happened), LAUNCHED)
    assert len(timeline) <= MOST_POINTS
    total: Counter[str] = Counter(dict.fromkeys(EVENTS, 0))
    for _, event, count in happened:
        total[event] += count
    sums = {event: sum(point.counts[event] for point in timeline) for event in EVENTS}
    assert sums == (total if happened else dict.fromkeys(EVENTS, 0))
    gaps = {after.at - before.at for before, after in pairwise(timeline)}
    assert len(gaps) <= 1
    assert {gap.total_seconds() for gap in gaps} <= set(STEPS)
    if happened:
        latest = max(LAUNCHED, *(at for at, _, _ in happened))
        length = gaps.pop() if gaps else timedelta(seconds=STEPS[-1])
        assert timeline[0].at <= LAUNCHED < timeline[0].at + length
        assert timeline[-1].at <= latest < timeline[-1].at + length


@pytest.mark.parametrize(
    ("after", "length"),
    [
        (timedelta(minutes=1), 10),
        (timedelta(hours=2), 30),
        (timedelta(days=1), 300),
        (timedelta(days=30), 10_800),
    ],
    ids=["minute", "hours", "day", "month"],
)
async def test_the_longer_ago_the_launch_the_longer_the_steps(
    resources: Resources, after: timedelta, length: int
) -> None:
    key = ObjectId()

    async def work(session: AsyncClientSession) -> None:
        for at in (LAUNCHED, LAUNCHED + after):
            await note_points(key, at, {"opens": 2, "clicks": 0}, session, launched_at=LAUNCHED)

    await resources.in_transaction(work)
    timeline = await timeline_of(key, LAUNCHED)
    assert (timeline[1].at - timeline[0].at).total_seconds() == length
    assert (timeline[0].counts["opens"], timeline[-1].counts["opens"], len(timeline) > 2) == (2, 2, True)
    assert sum(point.counts["opens"] for point in timeline) == 4


async def test_a_month_of_everything_is_few_documents_and_at_most_500_points(resources: Resources) -> None:
    key, points = ObjectId(), PointCounts(LAUNCHED)
    for minute in range(30 * 24 * 60):
        points.add(LAUNCHED + timedelta(minutes=minute), "sent")

    async def work(session: AsyncClientSession) -> None:
        await write_points(key, LEDGER, points, session)

    await resources.in_transaction(work)
    rows = await CampaignPoints.get_pymongo_collection().find({"campaign_id": key}).to_list()
    assert len(rows) <= len(STEPS)
    assert max(len(row["points"]) for row in rows) <= MOST_POINTS
    timeline = await timeline_of(key, LAUNCHED)
    assert 200 < len(timeline) <= MOST_POINTS
    assert sum(point.counts["sent"] for point in timeline) == 30 * 24 * 60


async def test_a_campaign_without_news_has_no_points(resources: Resources) -> None:
    assert await timeline_of(ObjectId(), LAUNCHED) == ()
