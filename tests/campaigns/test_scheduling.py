"""Schedules: each fires once, at its moment, whoever runs and whatever was away meanwhile."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import Any

import pytest
from bson import ObjectId
from pymongo.errors import AutoReconnect

from crm_graphql.audiences.documents import Audience
from crm_graphql.audit.documents import AuditEvent
from crm_graphql.campaigns import scheduling
from crm_graphql.campaigns.control import cancel_campaign, schedule_campaign, unschedule_campaign
from crm_graphql.campaigns.documents import Campaign
from crm_graphql.campaigns.messages import PLAN_QUEUE
from crm_graphql.campaigns.scheduling import Scheduler
from crm_graphql.campaigns.terms import Terms
from crm_graphql.core.errors import InvalidInput
from crm_graphql.core.tasks import end_tasks
from crm_graphql.mongo.leases import database_now
from crm_graphql.resources import Resources
from tests.delivery.factories import MARKETER, campaign_row, make_draft
from tests.delivery.running import until

Row = dict[str, Any]


def scheduler(resources: Resources) -> Scheduler:
    return Scheduler(resources.bus, resources.clock, lambda: resources.settings)


@asynccontextmanager
async def schedulers(resources: Resources, count: int) -> AsyncIterator[None]:
    """So many at once, as so many processes have them."""
    tasks = [asyncio.create_task(scheduler(resources).run()) for _ in range(count)]
    await asyncio.sleep(0.1)
    try:
        yield
    finally:
        await end_tasks(tasks)


async def schedule(resources: Resources, *, seconds: float, **options: Any) -> ObjectId:
    key = await make_draft(resources, **options)
    at = await database_now() + timedelta(seconds=seconds)
    await schedule_campaign(MARKETER, key, at, bus=resources.bus)
    return key


async def overdue(resources: Resources, **values: Any) -> ObjectId:
    """One whose moment came an hour ago, while nothing ran."""
    key = await make_draft(resources)
    at = await database_now() - timedelta(hours=1)
    await Campaign.get_pymongo_collection().update_one(
        {"_id": key}, {"$set": {"status": "SCHEDULED", "scheduled_at": at, **values}}
    )
    return key


def lateness(row: Row) -> float:
    late: timedelta = row["launched_at"] - row["scheduled_at"]
    return late.total_seconds()


async def until_left(key: ObjectId) -> Row:
    async def left() -> bool:
        return bool((await campaign_row(key))["status"] != "SCHEDULED")

    await until(left)
    return await campaign_row(key)


async def launches() -> list[tuple[str | None, bool, str | None]]:
    events = await AuditEvent.get_pymongo_collection().find({"action": "campaignLaunch"}).to_list()
    return [(event["actor"], event["succeeded"], event["code"]) for event in events]


async def test_ten_schedulers_launch_each_campaign_once_within_a_second_of_its_moment(
    resources: Resources,
) -> None:
    async with schedulers(resources, 10):
        at = await database_now() + timedelta(seconds=2)
        keys = [await make_draft(resources) for _ in range(5)]
        for key in keys:
            await schedule_campaign(MARKETER, key, at, bus=resources.bus)
        rows = [await until_left(key) for key in keys]
        await asyncio.sleep(0.3)
    assert all(0 <= lateness(row) < 1 for row in rows), [lateness(row) for row in rows]
    # Scheduled, and launched: once each.
    assert [(row["status"], row["revision"]) for row in rows] == [("SENDING", 2)] * 5
    assert await resources.bus.depth(PLAN_QUEUE) == 5
    assert await launches() == [("system", True, None)] * 5


async def test_a_schedule_that_came_while_nothing_ran_is_launched_when_something_does(
    resources: Resources,
) -> None:
    key = await overdue(resources)
    async with schedulers(resources, 1):
        row = await until_left(key)
    assert row["status"] == "SENDING"
    assert row["evaluated_at"] == row["launched_at"]
    assert lateness(row) > 3_600


async def test_nothing_is_launched_after_its_end(resources: Resources) -> None:
    ended = await database_now() - timedelta(minutes=1)
    key = await overdue(resources, send_before=ended)
    async with schedulers(resources, 3):
        row = await until_left(key)
    assert (row["status"], row["launched_at"], row["stats"]["total"]) == ("FAILED", None, 0)
    assert "nothing could be sent any more" in row["failure_reason"]
    assert await launches() == [("system", False, "INVALID")]


async def test_what_cannot_be_launched_any_more_fails_and_says_why(resources: Resources) -> None:
    key = await overdue(resources)
    await Audience.get_pymongo_collection().delete_many({})
    async with schedulers(resources, 2):
        row = await until_left(key)
    assert row["status"] == "FAILED"
    assert "There is no such audience" in row["failure_reason"]


async def test_one_that_moved_while_its_launch_was_refused_does_not_fail(
    resources: Resources, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = await overdue(resources)

    async def moved(*_: object, **__: object) -> None:
        at = await database_now() + timedelta(days=1)
        await schedule_campaign(MARKETER, key, at, bus=resources.bus)
        raise InvalidInput("The audience is gone.")

    monkeypatch.setattr(scheduling, "launch", moved)
    await scheduler(resources).launch_due()
    assert (await campaign_row(key))["status"] == "SCHEDULED"
    assert await launches() == []


async def test_a_moment_that_moves_wakes_who_sleeps_till_it(resources: Resources) -> None:
    async with schedulers(resources, 2):
        key = await schedule(resources, seconds=3_600)
        at = await database_now() + timedelta(seconds=0.5)
        await schedule_campaign(MARKETER, key, at, bus=resources.bus)
        row = await until_left(key)
    assert row["scheduled_at"] == at
    assert 0 <= lateness(row) < 1


async def test_one_that_was_taken_back_is_not_launched(resources: Resources) -> None:
    async with schedulers(resources, 2):
        drafted, cancelled = [await schedule(resources, seconds=0.4) for _ in range(2)]
        row = await unschedule_campaign(MARKETER, drafted, bus=resources.bus)
        await cancel_campaign(MARKETER, cancelled, bus=resources.bus)
        await asyncio.sleep(0.8)
    assert (row["status"], row["scheduled_at"]) == ("DRAFT", None)
    assert (await campaign_row(drafted))["status"] == "DRAFT"
    assert (await campaign_row(cancelled))["status"] == "CANCELLED"


async def test_a_schedule_of_which_the_word_was_lost_is_found_at_the_next_look(
    resources: Resources, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scheduling, "LOOK_SECONDS", 0.2)
    async with schedulers(resources, 1):
        row = await until_left(await overdue(resources))
    assert row["status"] == "SENDING"


async def test_a_failure_of_the_database_is_waited_out(
    resources: Resources, monkeypatch: pytest.MonkeyPatch
) -> None:
    failures = 0

    async def away() -> datetime:
        nonlocal failures
        failures += 1
        if failures <= 2:
            raise AutoReconnect("away")
        return await database_now()

    monkeypatch.setattr(scheduling, "AGAIN_SECONDS", 0.05)
    monkeypatch.setattr(scheduling, "database_now", away)
    key = await overdue(resources)
    async with schedulers(resources, 1):
        assert (await until_left(key))["status"] == "SENDING"
    assert failures > 2


@pytest.mark.parametrize("moment", ["over", "after its end"])
async def test_a_schedule_that_cannot_be_kept_is_refused_at_its_place(
    resources: Resources, moment: str
) -> None:
    now = await database_now()
    key = await make_draft(resources, terms=Terms(send_before=now + timedelta(hours=1)))
    at = now - timedelta(seconds=1) if moment == "over" else now + timedelta(hours=1)
    with pytest.raises(InvalidInput) as caught:
        await schedule_campaign(MARKETER, key, at, bus=resources.bus)
    assert caught.value.problems[0].path == ("at",)
    assert (await campaign_row(key))["status"] == "DRAFT"


async def test_what_could_not_be_launched_now_is_not_scheduled(resources: Resources) -> None:
    key = await make_draft(resources, message=None)
    with pytest.raises(InvalidInput) as caught:
        await schedule_campaign(MARKETER, key, await database_now() + timedelta(hours=1), bus=resources.bus)
    assert caught.value.problems[0].path == ("message",)


async def test_the_time_of_the_launch_is_that_of_the_settings_zone(resources: Resources) -> None:
    settings = resources.settings.model_copy(update={"time_zone": "Asia/Tokyo"})
    await overdue(resources)
    await Scheduler(resources.bus, resources.clock, lambda: settings).launch_due()
    row = await Campaign.get_pymongo_collection().find_one({})
    assert row is not None
    assert row["time_zone"] == "Asia/Tokyo"
