"""Watching every campaign that is being sent: each is told, newest wins, none is lost in the crowd."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence

import pytest

from crm_graphql.app import create_app
from crm_graphql.bus.port import Event
from crm_graphql.campaigns.messages import CAMPAIGNS_TOPIC
from crm_graphql.campaigns.schema import active
from crm_graphql.resources import Resources
from crm_graphql.server.gateway import Gateway
from tests.server.live_campaign import LiveCampaign, Recorder, subscribe, until

ACTIVE = "subscription { activeCampaigns { campaignId revision status stats { delivered } } }"


@pytest.fixture
async def gateway(resources: Resources) -> AsyncIterator[Gateway]:
    app = create_app(resources.settings, resources=resources)
    async with app.router.lifespan_context(app):
        yield app.state.gateway


async def make(resources: Resources, count: int) -> list[LiveCampaign]:
    return [await LiveCampaign(resources).create() for _ in range(count)]


async def watch(gateway: Gateway, resources: Resources) -> Recorder:
    listener = Recorder()
    await subscribe(gateway, resources, listener, ACTIVE, {})
    return listener


async def tell(resources: Resources) -> None:
    await resources.bus.broadcast(Event(topic=CAMPAIGNS_TOPIC))


async def stop(resources: Resources, campaign: LiveCampaign, status: str) -> None:
    campaign.revision += 1
    change = {"status": status, "revision": campaign.revision}
    await resources.database.campaigns.update_one({"_id": campaign.key}, {"$set": change})
    await tell(resources)


def revisions(listener: Recorder) -> dict[str, int]:
    """Of each campaign the last revision that the listener was told; it must never go back."""
    found: dict[str, int] = {}
    for event in listener.events():
        assert event["revision"] > found.get(event["campaignId"], 0)
        found[event["campaignId"]] = event["revision"]
    return found


def truth(campaigns: Sequence[LiveCampaign]) -> dict[str, int]:
    return {campaign.id: campaign.revision for campaign in campaigns}


async def test_first_all_that_are_being_sent_then_what_changes(
    gateway: Gateway, resources: Resources
) -> None:
    campaigns = await make(resources, 5)
    draft = await LiveCampaign(resources).create()
    await stop(resources, draft, "DRAFT")
    listener = await watch(gateway, resources)
    await until(lambda: revisions(listener) == truth(campaigns), "all of them")
    await campaigns[2].change(0)
    await tell(resources)
    await until(lambda: revisions(listener) == truth(campaigns), "the change")
    assert len(listener.events()) == 6
    begun = await make(resources, 1)
    await tell(resources)
    await until(lambda: revisions(listener) == truth(campaigns + begun), "one that begins")


@pytest.mark.parametrize("status", ["COMPLETED", "PAUSED"])
async def test_the_state_in_which_one_stopped_is_told_once_and_to_nobody_who_comes_much_later(
    gateway: Gateway, resources: Resources, monkeypatch: pytest.MonkeyPatch, status: str
) -> None:
    monkeypatch.setattr(active, "KEPT_SECONDS", 0.2)
    monkeypatch.setattr(active, "FRESH_SECONDS", 0.0)
    going, stopped = await make(resources, 2)
    listener = await watch(gateway, resources)
    await until(lambda: len(listener.events()) == 2, "both")
    await stop(resources, stopped, status)
    await until(lambda: len(listener.events()) == 3, "the end")
    assert (listener.events()[-1]["campaignId"], listener.events()[-1]["status"]) == (stopped.id, status)
    for number in range(3):
        await going.change(number)
        await tell(resources)
        await until(lambda: revisions(listener)[going.id] == going.revision, "a change")
    later = await watch(gateway, resources)
    await until(lambda: bool(later.events()), "the state now")
    assert revisions(later) == {going.id: going.revision}


async def test_one_that_is_resumed_is_told_again(gateway: Gateway, resources: Resources) -> None:
    (campaign,) = await make(resources, 1)
    listener = await watch(gateway, resources)
    await until(lambda: len(listener.events()) == 1, "the first")
    for count, status in enumerate(("PAUSED", "SENDING"), 2):
        await stop(resources, campaign, status)
        await until(lambda count=count: len(listener.events()) == count, status)  # type: ignore[misc]
    assert [event["status"] for event in listener.events()] == ["SENDING", "PAUSED", "SENDING"]


async def test_a_reader_that_stalls_loses_steps_and_no_campaign(
    gateway: Gateway, resources: Resources
) -> None:
    campaigns = await make(resources, 10)
    listener = await watch(gateway, resources)
    await until(lambda: len(listener.events()) == 10, "all of them")
    listener.stall()
    quick = await watch(gateway, resources)
    for number in range(8):
        for campaign in campaigns:
            await campaign.change(number)
        await tell(resources)
        await until(lambda: revisions(quick) == truth(campaigns), "a change, to one that reads")
    await stop(resources, campaigns[0], "COMPLETED")
    await until(lambda: revisions(quick) == truth(campaigns), "the end, to one that reads")
    listener.go_on()
    await until(lambda: revisions(listener) == truth(campaigns), "the truth")
    assert len(listener.events()) < 10 + 8 * 10


async def test_with_nothing_being_sent_nothing_is_told_until_something_is(
    gateway: Gateway, resources: Resources
) -> None:
    listener = await watch(gateway, resources)
    await until(lambda: gateway.live.counts() == (1, 1), "the watch")
    campaigns = await make(resources, 1)
    await tell(resources)
    await until(lambda: revisions(listener) == truth(campaigns), "the first")
    assert listener.refusals == []
