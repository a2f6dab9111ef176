"""Usage of the deployment: what was asked of it, sent by it, taken in, and stored."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from crm_graphql.analytics.counting import day_of
from crm_graphql.analytics.documents import UsageHour, UserDay
from crm_graphql.analytics.ledgers import launched_within, sums_of
from crm_graphql.analytics.pipelines import Stage
from crm_graphql.analytics.questions import Span
from crm_graphql.analytics.reading import Budget
from crm_graphql.assistant.documents import TokenDay
from crm_graphql.core.settings import Settings
from crm_graphql.ingestion.documents import Ingestion
from crm_graphql.media.room import stored_bytes

DAYS = 30
"""The usage of so many days is told unless it is said of which time."""
_HOUR, _DAY = timedelta(hours=1), timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Usage:
    """What was used of the deployment within a span of time, and is stored now. `storage_limit` in bytes;
    None: no limit."""

    as_of: datetime
    requests: int
    messages: int
    records: int
    active_users: int
    assistant_tokens: int
    storage: int
    storage_limit: int | None


async def read_usage(span: Span, at: datetime, settings: Settings, budget: Budget) -> Usage:
    """The usage as of `at`. Requests are of the hours, users and tokens of the days (UTC) that the span
    touches.

    Raises TooSlow.
    """
    first, end = span.first or at - DAYS * _DAY, span.end or at + timedelta(milliseconds=1)
    campaigns, storage, requests, records, users, tokens = await asyncio.gather(
        launched_within(Span(first, end)),
        stored_bytes(),
        _requests(first, end, budget),
        _records(first, end, budget),
        _users(first, end, budget),
        _tokens(first, end, budget),
    )
    return Usage(
        as_of=at,
        requests=requests,
        messages=sum(sums_of(campaign["stats"])["tried"] for campaign in campaigns),
        records=records,
        active_users=users,
        assistant_tokens=tokens,
        storage=storage,
        storage_limit=settings.storage_limit_bytes or None,
    )


async def _requests(first: datetime, end: datetime, budget: Budget) -> int:
    since = first.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
    stages = [{"$match": {"_id": {"$gte": since, "$lt": end}}}, _sum("$requests")]
    return _only(await budget.rows(UsageHour, stages))


async def _records(first: datetime, end: datetime, budget: Budget) -> int:
    """Records that were accepted, not those of dry runs."""
    taken = {"created_at": {"$gte": first, "$lt": end}, "is_dry_run": {"$ne": True}}
    stages = [{"$match": taken}, _sum({"$subtract": ["$received", "$rejected"]})]
    return _only(await budget.rows(Ingestion, stages, hint="created_at"))


async def _users(first: datetime, end: datetime, budget: Budget) -> int:
    stages: list[Stage] = [
        {"$match": {"day": {"$gte": day_of(first), "$lt": end}}},
        {"$group": {"_id": "$user_id"}},
        _sum(1),
    ]
    return _only(await budget.rows(UserDay, stages, hint="day"))


async def _tokens(first: datetime, end: datetime, budget: Budget) -> int:
    """What is settled, and what questions under way have reserved. A day of all callers has its date as
    id."""
    last = end - timedelta(milliseconds=1)
    days = {"_id": {"$gte": f"{first.astimezone(UTC):%Y-%m-%d}", "$lte": f"{last.astimezone(UTC):%Y-%m-%d}"}}
    return _only(await budget.rows(TokenDay, [{"$match": {**days, "caller": None}}, _sum("$tokens")]))


def _sum(value: Any) -> Stage:
    return {"$group": {"_id": None, "sum": {"$sum": value}}}


def _only(rows: list[Mapping[str, Any]]) -> int:
    return int(rows[0]["sum"]) if rows else 0
