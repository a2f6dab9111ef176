"""Turns in a queue: nothing multiplies a campaign's messages, and what is lost is restored."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from bson import ObjectId

from crm_graphql.bus.port import BusError
from crm_graphql.campaigns.documents import Campaign
from crm_graphql.delivery import planner as planner_module
from crm_graphql.delivery import planning_failures
from crm_graphql.delivery.messages import SEND_QUEUE, SEND_TURNS, CampaignSend
from crm_graphql.mongo import turns as turns_module
from crm_graphql.mongo.turns import Turn
from crm_graphql.resources import Resources
from tests.delivery.factories import assert_exact, campaign_row, launch, make_customers
from tests.delivery.running import running, until, until_status
from tests.delivery.stand_in import StandInVendor


async def held(campaign: ObjectId) -> CampaignSend:
    """The message of the campaign's first place."""
    row = await Turn.get_pymongo_collection().find_one({"queue": SEND_QUEUE, "work_id": campaign})
    assert row is not None
    return CampaignSend(work_id=str(campaign), place=row["place"], token=row["token"])


async def test_a_campaign_has_a_bounded_number_of_messages(resources: Resources) -> None:
    campaign = ObjectId()
    for _ in range(5):
        await SEND_TURNS.fill(campaign, bus=resources.bus)
    assert await resources.bus.depth(SEND_QUEUE) == SEND_TURNS.places


async def test_a_copy_of_a_message_counts_for_nothing(resources: Resources) -> None:
    await SEND_TURNS.fill(ObjectId(), bus=resources.bus, at_most=1)
    campaign = (await Turn.get_pymongo_collection().find_one({}) or {})["work_id"]
    message = await held(campaign)
    await asyncio.gather(*(SEND_TURNS.pass_on(message, bus=resources.bus) for _ in range(8)))
    assert await resources.bus.depth(SEND_QUEUE) == 2
    assert not await SEND_TURNS.hold(message)
    await SEND_TURNS.leave(message)
    assert await SEND_TURNS.hold(await held(campaign))


async def test_a_message_that_waits_or_fails_is_not_taken_for_lost(resources: Resources) -> None:
    campaign = ObjectId()
    await SEND_TURNS.fill(campaign, bus=resources.bus)
    await resources.database.bus_messages.delete_many({})
    assert await SEND_TURNS.restore([campaign], bus=resources.bus) == 0


async def test_a_lost_message_is_restored_once_and_the_old_one_is_out(
    resources: Resources, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(turns_module, "UNHEARD_SECONDS", 0.0)
    campaign = ObjectId()
    await SEND_TURNS.fill(campaign, bus=resources.bus)
    old = await held(campaign)
    await resources.database.bus_messages.delete_many({})
    await asyncio.sleep(0.01)
    counts = [await SEND_TURNS.restore([campaign], bus=resources.bus) for _ in range(3)]
    assert counts == [SEND_TURNS.places, 0, 0]
    assert not await SEND_TURNS.hold(old)


async def test_a_bus_that_is_away_leaves_the_places_free(
    resources: Resources, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away(*_: object) -> None:
        raise BusError("away")

    with monkeypatch.context() as patch:
        patch.setattr(resources.bus, "publish", away)
        with pytest.raises(BusError):
            await SEND_TURNS.fill(ObjectId(), bus=resources.bus)
    assert await Turn.count() == 0


@pytest.mark.parametrize(
    "change",
    [
        {"message": {"subject": "S", "body": "{% nonsense %}"}},
        {"rule": {"where": {"field": "shoeSize", "operator": "GT", "value": 40}}},
        {"message": None},
    ],
    ids=["template", "rule", "document"],
)
async def test_a_plan_that_can_never_succeed_fails_the_campaign(
    resources: Resources, monkeypatch: pytest.MonkeyPatch, change: dict[str, Any]
) -> None:
    monkeypatch.setattr(planning_failures, "FAILURES_ALLOWED", 2)
    await make_customers(3)
    key = await launch(resources)
    await Campaign.get_pymongo_collection().update_one({"_id": key}, {"$set": change})
    async with running(resources, StandInVendor()):
        row = await until_status(key, "FAILED")
    assert row["failure_reason"]
    assert (await assert_exact(key))["revision"] > 1


async def test_planning_takes_turns_page_by_page(
    resources: Resources, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(planner_module, "PAGE_CUSTOMERS", 5)
    monkeypatch.setattr(planner_module, "TURN_SECONDS", 0.05)
    await make_customers(600)
    large = [await launch(resources) for _ in range(2)]
    one = {"where": {"field": "externalId", "operator": "EQ", "value": "c1"}}
    small = await launch(resources, rule=one)
    async with running(resources, StandInVendor(sends_receipts=False)):

        async def small_is_planned() -> bool:
            return bool((await campaign_row(small))["planning"]["done"])

        await until(small_is_planned)
        assert not any([(await campaign_row(key))["planning"]["done"] for key in large])


async def test_of_two_that_fill_at_once_each_place_gets_one_message(resources: Resources) -> None:
    campaigns = [ObjectId() for _ in range(5)]
    counts = await asyncio.gather(*(SEND_TURNS.fill(*campaigns, bus=resources.bus) for _ in range(4)))
    assert sum(counts) == 5 * SEND_TURNS.places
    assert await resources.bus.depth(SEND_QUEUE) == 5 * SEND_TURNS.places
    for campaign in campaigns:
        assert await SEND_TURNS.hold(await held(campaign))


async def test_a_message_in_hand_costs_no_other_its_turn(
    resources: Resources, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(turns_module, "UNHEARD_SECONDS", 0.0)
    waiting, lost = ObjectId(), ObjectId()
    await SEND_TURNS.fill(lost, bus=resources.bus)
    await resources.database.bus_messages.delete_many({})
    await asyncio.sleep(0.01)
    await SEND_TURNS.fill(waiting, bus=resources.bus)
    old = await held(waiting)
    await asyncio.sleep(0.01)
    assert await SEND_TURNS.restore([waiting, lost], bus=resources.bus) == SEND_TURNS.places
    assert await resources.bus.depth(SEND_QUEUE) == 2 * SEND_TURNS.places
    assert await SEND_TURNS.hold(old)


async def test_messages_of_many_campaigns_are_restored_at_once(
    resources: Resources, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(turns_module, "UNHEARD_SECONDS", 0.0)
    lost, free, others = ([ObjectId() for _ in range(3)] for _ in range(3))
    await SEND_TURNS.fill(*lost, *others, bus=resources.bus)
    old = [await held(campaign) for campaign in lost + others]
    await resources.database.bus_messages.delete_many({})
    await asyncio.sleep(0.01)
    assert await SEND_TURNS.restore(lost + free, bus=resources.bus) == 6 * SEND_TURNS.places
    assert await resources.bus.depth(SEND_QUEUE) == 6 * SEND_TURNS.places
    assert [await SEND_TURNS.hold(message) for message in old] == [False] * 3 + [True] * 3
    for campaign in lost + free:
        assert await SEND_TURNS.hold(await held(campaign))
