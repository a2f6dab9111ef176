"""Insights about campaigns: those whose messages fail more often than those of the 30 days before."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from crm_graphql.campaigns.documents import Campaign
from crm_graphql.campaigns.queries import FIELDS
from crm_graphql.core.paging import Row
from crm_graphql.insights.changes import Insight, importance, is_higher_share
from crm_graphql.insights.periods import Periods
from crm_graphql.insights.wording import BEFORE, percent

LOOKED_AT = 500
"""Of so many campaigns, the newest, those of both periods are found."""
LEAST_TRIED = 100
"""Messages that were tried; of fewer no share is told."""
LEAST_POINTS = 2
SHOWN_NAME = 60
_FAILURES = 4.0


async def failing_campaigns(periods: Periods) -> Sequence[Insight]:
    """The campaigns of the last 30 days whose messages failed more often than before on their channel."""
    cursor = Campaign.get_pymongo_collection().find({}, FIELDS).sort([("created_at", -1), ("_id", -1)])
    launched = [
        row
        async for row in cursor.limit(LOOKED_AT)
        if row.get("launched_at") and periods.start_before <= row["launched_at"] <= periods.at
    ]
    before: dict[str, tuple[int, int]] = {}
    for row in launched:
        if row["launched_at"] < periods.start:
            failed, tried = before.get(row["channel"], (0, 0))
            before[row["channel"]] = failed + row["stats"]["failed"], tried + _tried(row)
    return list(_failing((row for row in launched if row["launched_at"] >= periods.start), before))


def _tried(row: Row) -> int:
    return sum(row["stats"][name] for name in ("sent", "delivered", "failed"))


def _failing(rows: Iterator[Row], before: Mapping[str, tuple[int, int]]) -> Iterator[Insight]:
    for row in rows:
        failed, tried = row["stats"]["failed"], _tried(row)
        failed_before, tried_before = before.get(row["channel"], (0, 0))
        if min(tried, tried_before) < LEAST_TRIED:
            continue
        value, usual = percent(failed, tried), percent(failed_before, tried_before)
        if value - usual < LEAST_POINTS or not is_higher_share(failed, tried, failed_before, tried_before):
            continue
        name = row["name"] if len(row["name"]) <= SHOWN_NAME else f"{row['name'][: SHOWN_NAME - 3]}..."
        yield Insight(
            title=f"“{name}” fails more often than usual",
            text=(
                f"{failed:,} of {tried:,} messages failed ({value}%); of the campaigns by the same channel "
                f"{BEFORE} {usual}% did."
            ),
            value=value,
            before=usual,
            importance=importance(_FAILURES, float(value), float(usual)),
            campaign=row,
        )
