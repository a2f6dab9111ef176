"""Points of a campaign's timeline: how much of what happened in which step of time since its launch.

The older the campaign when something happens, the longer the step that it belongs to: the moment alone says
which. So nothing is ever read, folded or moved to write a point, and news that comes late finds its place.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from bson import ObjectId
from pymongo import UpdateOne
from pymongo.asynchronous.client_session import AsyncClientSession

from crm_graphql.core.paging import Row
from crm_graphql.results.documents import CampaignPoints

EVENTS = ("sent", "delivered", "failed", "opens", "clicks")
MOST_POINTS = 500
STEPS = (10, 30, 60, 300, 900, 3_600, 10_800, 21_600, 86_400, 604_800)
"""Seconds. Each holds whole ones of those before it, so that points of short steps sum up to longer ones."""
LEDGER, PEOPLE = "ledger", "people"
"""Where points come from: the states of messages, and what people do with them."""


@dataclass(frozen=True, slots=True)
class Point:
    """What happened from `at` on, until the next step began."""

    at: datetime
    counts: Mapping[str, int]


class PointCounts:
    """Counts of events that are to be added to a campaign's timeline, each at the step of its moment."""

    def __init__(self, launched_at: datetime) -> None:
        self._start = int(launched_at.timestamp())
        self._counts: dict[tuple[int, int], dict[str, int]] = defaultdict(lambda: defaultdict(int))

    def add(self, at: datetime, event: str, count: int = 1) -> None:
        """Count so many; what is said to have happened before the launch happened at it."""
        second = max(int(at.timestamp()), self._start)
        step = _step_at(self._start, second)
        self._counts[step, second // step][event] += count

    def updates(self, campaign_id: ObjectId, source: str) -> Iterator[UpdateOne]:
        """What adds them to the campaign's points, a document for each length of step."""
        by_step: dict[int, dict[str, int]] = defaultdict(dict)
        for (step, number), counts in self._counts.items():
            by_step[step] |= {f"points.{number}.{event}": count for event, count in counts.items() if count}
        for step, more in by_step.items():
            if more:
                yield UpdateOne(
                    {"_id": f"{campaign_id}:{source}:{step}"},
                    {"$inc": more, "$setOnInsert": {"campaign_id": campaign_id, "step_seconds": step}},
                    upsert=True,
                )


async def write_points(
    campaign_id: ObjectId, source: str, points: PointCounts, session: AsyncClientSession
) -> None:
    """Add to a campaign's timeline, in the transaction in which that is found out."""
    if updates := list(points.updates(campaign_id, source)):
        await CampaignPoints.get_pymongo_collection().bulk_write(updates, session=session)


async def note_points(
    campaign_id: ObjectId,
    at: datetime,
    counts: Mapping[str, int],
    session: AsyncClientSession,
    *,
    launched_at: datetime,
) -> None:
    """Add what people did with a campaign's messages at a moment, by the names in EVENTS, to its timeline."""
    points = PointCounts(launched_at)
    for event, count in counts.items():
        points.add(at, event, count)
    await write_points(campaign_id, PEOPLE, points, session)


async def timeline_of(campaign_id: ObjectId, launched_at: datetime) -> Sequence[Point]:
    """What happened to a campaign in each step of time from its launch to the last of it, at most 500 steps,
    all of one length; empty while nothing has happened."""
    rows = await CampaignPoints.get_pymongo_collection().find({"campaign_id": campaign_id}).to_list()
    return steps_of(rows, launched_at)


def steps_of(rows: Sequence[Row], launched_at: datetime) -> Sequence[Point]:
    """The same, of what is stored: short steps are summed up to the longest."""
    if not rows:
        return ()
    start = int(launched_at.timestamp())
    last = max(row["step_seconds"] * int(number) for row in rows for number in row["points"])
    step = max(_step_at(start, last), *(row["step_seconds"] for row in rows))
    summed: dict[int, dict[str, int]] = defaultdict(lambda: dict.fromkeys(EVENTS, 0))
    for row in rows:
        for number, counts in row["points"].items():
            point = summed[row["step_seconds"] * int(number) // step]
            for event, count in counts.items():
                point[event] += count
    return [
        Point(datetime.fromtimestamp(number * step, UTC), summed[number])
        for number in range(start // step, last // step + 1)
    ]


def _step_at(start: int, second: int) -> int:
    """The shortest step of which at most MOST_POINTS span the two; the longest where none does."""
    return next(
        (step for step in STEPS if second // step - start // step < MOST_POINTS),
        STEPS[-1],
    )
