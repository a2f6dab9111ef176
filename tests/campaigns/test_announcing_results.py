"""Telling that results have moved: everybody hears of the last of it, few times a second."""

from __future__ import annotations

import asyncio
import time

import pytest
from bson import ObjectId
from pymongo.errors import AutoReconnect, ConfigurationError

from crm_graphql.bus.port import Event
from crm_graphql.campaigns.documents import Campaign
from crm_graphql.campaigns.lifecycle import RESULTS_TOLD_EVERY_SECONDS, announce_results
from crm_graphql.campaigns.messages import CAMPAIGNS_TOPIC, campaign_topic
from crm_graphql.resources import Resources
from tests.delivery.factories import campaign_row, make_ledger
from tests.delivery.test_writer import delivered, make_writer


async def revision(key: ObjectId) -> int:
    return int((await campaign_row(key))["revision"])


async def test_many_at_once_are_told_as_one(resources: Resources) -> None:
    key, _ = await make_ledger(1)
    await asyncio.gather(*(announce_results(key, bus=resources.bus) for _ in range(100)))
    assert await revision(key) == 2


async def test_however_much_comes_the_last_of_it_is_told_and_few_times_a_second(resources: Resources) -> None:
    key, _ = await make_ledger(1)
    before, began, tasks = await campaign_row(key), time.monotonic(), []
    for _ in range(60):
        tasks.append(asyncio.create_task(announce_results(key, bus=resources.bus)))
        await asyncio.sleep(0.02)
    at_the_last = await revision(key)
    await asyncio.gather(*tasks)
    after = await campaign_row(key)
    assert after["revision"] > at_the_last
    most = (time.monotonic() - began) / RESULTS_TOLD_EVERY_SECONDS + 1
    assert 2 <= after["revision"] - before["revision"] <= most
    assert after["updated_at"] == before["updated_at"]


async def test_what_the_ledger_tells_meanwhile_tells_it_too(resources: Resources) -> None:
    key, ids = await make_ledger(2)
    writer = make_writer(resources)
    telling = asyncio.create_task(announce_results(key, bus=resources.bus))
    await asyncio.sleep(RESULTS_TOLD_EVERY_SECONDS / 2)
    await writer.submit(key, [delivered(ids[0])])
    await telling
    assert await revision(key) == 2
    await writer.close()


@pytest.mark.parametrize(("status", "topics"), [("SENDING", 2), ("COMPLETED", 1)])
async def test_those_who_watch_all_that_are_sent_hear_of_those_alone(
    resources: Resources, status: str, topics: int
) -> None:
    key, _ = await make_ledger(1)
    await Campaign.get_pymongo_collection().update_one({"_id": key}, {"$set": {"status": status}})
    watch = await resources.bus.watch()
    for topic in (campaign_topic(key), CAMPAIGNS_TOPIC, "end"):
        await watch.bind(topic)
    await announce_results(key, bus=resources.bus)
    await resources.bus.broadcast(Event(topic="end"))
    heard = []
    async for event in watch:
        heard.append((event.topic, event.revision))
        if event.topic == "end":
            break
    assert heard[:-1] == [(campaign_topic(key), 2), (CAMPAIGNS_TOPIC, None)][:topics]
    await watch.close()


async def test_of_a_campaign_that_is_gone_nothing_is_told(resources: Resources) -> None:
    key = ObjectId()
    await announce_results(key, bus=resources.bus)
    assert await Campaign.get_pymongo_collection().count_documents({"_id": key}) == 0


async def test_while_the_database_is_away_nobody_is_held_up_and_faults_are_not_hidden(
    resources: Resources, monkeypatch: pytest.MonkeyPatch
) -> None:
    key, _ = await make_ledger(1)
    error: Exception = AutoReconnect("away")

    async def away(*_args: object, **_more: object) -> None:
        raise error

    collection = Campaign.get_pymongo_collection()
    monkeypatch.setattr(collection, "find_one", away)
    await announce_results(key, bus=resources.bus)
    error = ConfigurationError("wrong")
    with pytest.raises(ConfigurationError):
        await announce_results(key, bus=resources.bus)
