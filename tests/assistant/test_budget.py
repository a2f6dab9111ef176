"""The budget of tokens: no more is reserved than a day has, however many ask at once and wherever."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from crm_graphql.assistant.budget import KEPT_DAYS, reserve
from crm_graphql.assistant.documents import TokenDay
from crm_graphql.core.settings import Settings
from crm_graphql.resources import Resources

NOW = datetime(2024, 6, 15, 23, 30, tzinfo=UTC)


@pytest.fixture
def limits(resources: Resources) -> Settings:
    return resources.settings.model_copy(
        update={"openai_tokens_per_day": 1_000, "openai_caller_tokens_per_day": 400}
    )


async def tokens() -> dict[str, int]:
    """What stands in each day."""
    return {row["_id"]: row["tokens"] async for row in TokenDay.get_pymongo_collection().find()}


async def test_of_many_at_once_no_more_come_in_than_fit(limits: Settings) -> None:
    tries = await asyncio.gather(*(reserve("ann", 100, now=NOW, settings=limits) for _ in range(25)))
    assert sum(one is not None for one in tries) == 4
    assert await tokens() == {"2024-06-15:ann": 400, "2024-06-15": 400}


async def test_all_callers_together_have_a_limit_of_their_own(limits: Settings) -> None:
    callers = [f"c{number % 10}" for number in range(40)]
    tries = await asyncio.gather(*(reserve(one, 100, now=NOW, settings=limits) for one in callers))
    assert sum(one is not None for one in tries) == 10
    found = await tokens()
    assert found.pop("2024-06-15") == 1_000
    assert sum(found.values()) == 1_000


async def test_what_was_not_used_can_be_reserved_again(limits: Settings) -> None:
    first = await reserve("ann", 400, now=NOW, settings=limits)
    assert first is not None
    assert await reserve("ann", 1, now=NOW, settings=limits) is None
    await first.settle(150)
    assert await tokens() == {"2024-06-15:ann": 150, "2024-06-15": 150}
    assert await reserve("ann", 250, now=NOW, settings=limits) is not None


async def test_more_than_was_reserved_is_charged_all_the_same(limits: Settings) -> None:
    first = await reserve("ann", 100, now=NOW, settings=limits)
    assert first is not None
    await first.settle(390)
    assert await reserve("ann", 11, now=NOW, settings=limits) is None


async def test_a_new_day_begins_at_midnight_utc(limits: Settings) -> None:
    assert await reserve("ann", 400, now=NOW, settings=limits) is not None
    assert await reserve("ann", 400, now=NOW + timedelta(minutes=31), settings=limits) is not None


async def test_one_callers_name_is_not_anothers_day(limits: Settings) -> None:
    assert await reserve("", 400, now=NOW, settings=limits) is not None
    assert await tokens() == {"2024-06-15:": 400, "2024-06-15": 400}


async def test_nothing_may_be_asked_where_the_limit_is_none(limits: Settings) -> None:
    none = limits.model_copy(update={"openai_tokens_per_day": 0})
    assert await reserve("ann", 1, now=NOW, settings=none) is None


async def test_a_day_is_forgotten_after_its_time(limits: Settings) -> None:
    await reserve("ann", 1, now=NOW, settings=limits)
    row = await TokenDay.get_pymongo_collection().find_one({"_id": "2024-06-15:ann"})
    assert row is not None
    assert row["expires_at"] == NOW + timedelta(days=KEPT_DAYS)
    assert (row["day"], row["caller"], row["questions"]) == ("2024-06-15", "ann", 1)
