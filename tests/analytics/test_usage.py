"""Requests and users are counted in each process, and written soon, at a stop and after an outage."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from bson import ObjectId
from pymongo.errors import AutoReconnect

from crm_graphql.analytics import counting
from crm_graphql.analytics.counting import UsageCounter
from crm_graphql.analytics.documents import UsageHour, UserDay
from crm_graphql.analytics.questions import Span
from crm_graphql.analytics.reading import Budget
from crm_graphql.analytics.usage import Usage, read_usage
from crm_graphql.resources import Resources
from tests.accounts.conftest import doors as doors
from tests.accounts.doors import Doors
from tests.clocks import FixedClock
from tests.gql.conftest import Api
from tests.gql.conftest import api as api

AT = datetime(2024, 6, 15, 12, 30, tzinfo=UTC)
HOUR = timedelta(hours=1)


async def used(resources: Resources, first: datetime, end: datetime) -> Usage:
    return await read_usage(Span(first, end), AT, resources.settings, Budget(9))


async def test_processes_add_up_by_hours_and_days(resources: Resources) -> None:
    clock, users = FixedClock(AT), [ObjectId() for _ in range(3)]
    counters = [UsageCounter(clock) for _ in range(2)]
    for counter in counters:
        for _ in range(5):
            counter.count_request()
        counter.saw(users[0])
        counter.saw(None)
    counters[1].saw(users[1])
    clock.advance(24 * HOUR)
    counters[0].count_request()
    counters[0].saw(users[0])
    counters[0].saw(users[2])
    await asyncio.gather(*(counter.flush() for counter in counters for _ in range(2)))
    assert [row.requests for row in await UsageHour.find().sort("_id").to_list()] == [10, 1]
    both = await used(resources, AT, AT + 25 * HOUR)
    assert (both.requests, both.active_users) == (11, 3)
    # The hours and days that the span touches.
    first = await used(resources, AT + HOUR / 4, AT + HOUR / 2)
    assert (first.requests, first.active_users) == (10, 2)
    later = await used(resources, AT + HOUR, AT + 2 * HOUR)
    assert (later.requests, later.active_users) == (0, 2)


async def test_what_cannot_be_written_is_kept(resources: Resources, monkeypatch: pytest.MonkeyPatch) -> None:
    counter = UsageCounter(FixedClock(AT))
    user = ObjectId()
    counter.count_request()
    counter.saw(user)
    with monkeypatch.context() as patch:
        for document in (UsageHour, UserDay):
            patch.setattr(document, "get_pymongo_collection", _away)
        with pytest.raises(AutoReconnect):
            await counter.flush()
        counter.count_request()
        # A stop does not wait for it.
        await counter.close()
    await counter.flush()
    assert (await used(resources, AT, AT + HOUR)).requests == 2
    assert (await used(resources, AT, AT + HOUR)).active_users == 1


def _away() -> None:
    raise AutoReconnect("away")


async def test_a_user_is_noted_once_a_day(resources: Resources, monkeypatch: pytest.MonkeyPatch) -> None:
    clock, user, noted = FixedClock(AT), ObjectId(), []
    whole = counting._noted

    def note(day: datetime, user_id: ObjectId) -> object:
        noted.append(day)
        return whole(day, user_id)

    monkeypatch.setattr(counting, "_noted", note)
    counter = UsageCounter(clock)
    for _ in range(3):
        counter.saw(user)
        await counter.flush()
    clock.advance(24 * HOUR)
    counter.saw(user)
    await counter.flush()
    assert noted == [AT.replace(hour=0, minute=0), AT.replace(day=16, hour=0, minute=0)]


async def test_it_is_written_by_itself_and_at_the_end(
    resources: Resources, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(counting, "FLUSH_SECONDS", 0.05)
    counter = UsageCounter(FixedClock(AT))
    counter.start()
    counter.count_request()
    for _ in range(100):
        await asyncio.sleep(0.02)
        if await UsageHour.count():
            break
    counter.count_request()
    await counter.close()
    assert (await used(resources, AT, AT + HOUR)).requests == 2


async def test_requests_of_the_api_count_and_machines_that_look_do_not(api: Api) -> None:
    for _ in range(3):
        await api.ask("{ viewer { name } }")
    await api.ask("{ viewer { name } }", role=None)
    for path in ("/health/live", "/metrics"):
        await api.http.get(path)
    await api.http.post("/ingest/orders", content=b"")
    await api.resources.usage.flush()
    rows = await UsageHour.find().to_list()
    assert sum(row.requests for row in rows) == 5


async def test_who_signed_in_is_an_active_user_and_an_operators_token_is_none(doors: Doors) -> None:
    ann, operator = await doors.first_admin(), doors.operator()
    await operator.ask("{ viewer { name } }")
    await doors.resources.usage.flush()
    assert await UserDay.count() == 0
    for _ in range(2):
        await ann.ask("{ viewer { name } }")
    await doors.resources.usage.flush()
    assert await UserDay.count() == 1
