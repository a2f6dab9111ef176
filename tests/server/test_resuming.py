"""deliveryUpdates: whoever reads from wherever ends in the same states, shared or alone, quick or slow."""

from __future__ import annotations

import random
from functools import partial

import pytest
from bson import ObjectId

from crm_graphql.core.ids import encode_id
from crm_graphql.gql.changelog import ChangeLog
from crm_graphql.resources import Resources
from crm_graphql.server.engine import Answer
from crm_graphql.server.gateway import Gateway, ServedContext
from crm_graphql.server.operations.preparing import GraphQLRequest
from tests.server.live_campaign import PROGRESS, UPDATES, VIEWER, LiveCampaign, Recorder, subscribe, until
from tests.server.test_shared_streams import Counted, counted

__all__ = ["counted"]


def expected(campaign: LiveCampaign, statuses: dict[int, str]) -> dict[str, str]:
    """What a listener should know in the end."""
    return {encode_id("Delivery", campaign.deliveries[number]): status for number, status in statuses.items()}


async def test_without_a_place_the_first_event_is_empty_and_tells_the_place_of_now(
    counted: Counted, resources: Resources
) -> None:
    campaign = await LiveCampaign(resources).create()
    await campaign.change(0, 1)
    listener = Recorder()
    await subscribe(counted.gateway, resources, listener, UPDATES, {"id": campaign.id})
    await until(lambda: bool(listener.payloads), "the first event")
    assert listener.events()[0]["deliveries"] == []
    await campaign.change(2)
    await until(lambda: len(listener.payloads) == 2, "the change")
    assert listener.newest_states() == expected(campaign, {2: "DELIVERED"})


async def test_with_a_place_all_since_then_comes_in_pages_of_at_most_500(
    counted: Counted, resources: Resources
) -> None:
    campaign = await LiveCampaign(resources).create()
    first = Recorder()
    await subscribe(counted.gateway, resources, first, UPDATES, {"id": campaign.id})
    await until(lambda: bool(first.payloads), "the first event")
    cursor = first.events()[0]["cursor"]
    await campaign.change(*range(700), announce=False)
    await campaign.change(*range(650, 1_100), status="FAILED", announce=False)
    resumed = Recorder()
    await subscribe(counted.gateway, resources, resumed, UPDATES, {"id": campaign.id, "after": cursor})
    await until(lambda: len(resumed.newest_states()) == 1_100, "all since then")
    assert all(0 < len(event["deliveries"]) <= 500 for event in resumed.events())
    told = [row["id"] for event in resumed.events() for row in event["deliveries"]]
    assert len(told) == len(set(told)), "each comes once, with its newest state"
    statuses = dict.fromkeys(range(650), "DELIVERED") | dict.fromkeys(range(650, 1_100), "FAILED")
    assert resumed.newest_states() == expected(campaign, statuses)


async def test_who_resumes_and_missed_nothing_is_told_so_once(counted: Counted, resources: Resources) -> None:
    campaign = await LiveCampaign(resources).create()
    first = Recorder()
    await subscribe(counted.gateway, resources, first, UPDATES, {"id": campaign.id})
    await until(lambda: bool(first.payloads), "the first event")
    cursor = first.events()[0]["cursor"]
    # Revisions in which no delivery changed: news of the campaign, and none of these.
    await campaign.change()
    await campaign.change()
    resumed = Recorder()
    await subscribe(counted.gateway, resources, resumed, UPDATES, {"id": campaign.id, "after": cursor})
    await until(lambda: bool(resumed.payloads), "the empty event")
    caught_up = resumed.events()[0]
    assert caught_up["deliveries"] == []
    await campaign.change(0)
    await until(lambda: len(resumed.payloads) == 2, "the change")
    assert resumed.newest_states() == expected(campaign, {0: "DELIVERED"})
    # Its cursor is a place to resume from, like any other.
    again = Recorder()
    place = {"id": campaign.id, "after": caught_up["cursor"]}
    await subscribe(counted.gateway, resources, again, UPDATES, place)
    await until(lambda: bool(again.payloads), "the change again")
    assert again.newest_states() == expected(campaign, {0: "DELIVERED"})


async def test_those_who_are_up_to_date_share_each_execution(counted: Counted, resources: Resources) -> None:
    campaign = await LiveCampaign(resources).create()
    listeners = [Recorder() for _ in range(50)]
    for listener in listeners:
        await subscribe(counted.gateway, resources, listener, UPDATES, {"id": campaign.id})
    await until(lambda: all(listener.payloads for listener in listeners), "the first event")
    cursor = listeners[0].events()[0]["cursor"]
    late = Recorder()
    await subscribe(counted.gateway, resources, late, UPDATES, {"id": campaign.id, "after": cursor})
    await until(lambda: len(late.payloads) == 1, "nothing to tell, for who resumed")
    await campaign.change(0)
    await until(lambda: all(len(listener.payloads) == 2 for listener in listeners), "the change")
    await until(lambda: len(late.payloads) == 2, "the change, for who resumed")
    before = counted.executions
    await campaign.change(1)
    await until(lambda: all(len(listener.payloads) == 3 for listener in listeners), "the next change")
    await until(lambda: len(late.payloads) == 3, "the next change, for who resumed")
    assert counted.executions == before + 1
    assert counted.gateway.subscriptions.counts() == (0, 1)
    assert len({id(listener.payloads[-1]) for listener in [*listeners, late]}) == 1


async def test_a_slow_reader_holds_nobody_up_and_misses_nothing(
    counted: Counted, resources: Resources
) -> None:
    campaign = await LiveCampaign(resources).create()
    quick, slow = Recorder(), Recorder()
    for listener in (quick, slow):
        await subscribe(counted.gateway, resources, listener, UPDATES, {"id": campaign.id})
    await until(lambda: bool(quick.payloads and slow.payloads), "the first event")
    await campaign.change(0)
    await until(lambda: len(slow.payloads) == 2, "the first change")
    slow.stall()
    statuses = {0: "DELIVERED"}
    for number in range(1, 30):
        await campaign.change(number)
        statuses[number] = "DELIVERED"
    await until(lambda: len(quick.newest_states()) == 30, "all changes, for the quick one")
    assert len(slow.payloads) == 2
    slow.go_on()
    await until(lambda: len(slow.newest_states()) == 30, "all changes, for the slow one")
    await campaign.change(30)
    await until(lambda: len(slow.newest_states()) == len(quick.newest_states()) == 31, "together again")
    assert slow.newest_states() == quick.newest_states() == expected(campaign, statuses | {30: "DELIVERED"})


async def test_whoever_comes_and_goes_at_any_time_ends_in_the_same_states(
    counted: Counted, resources: Resources
) -> None:
    campaign = await LiveCampaign(resources).create()
    rng = random.Random(7)
    start = Recorder()
    await subscribe(counted.gateway, resources, start, UPDATES, {"id": campaign.id})
    await until(lambda: bool(start.payloads), "the first event")
    places = [start.events()[0]["cursor"]]
    listeners = [start]
    statuses: dict[int, str] = {}
    for _ in range(60):
        numbers = rng.sample(range(80), rng.randint(1, 12))
        status = rng.choice(["SENT", "DELIVERED", "FAILED"])
        await campaign.change(*numbers, status=status, announce=rng.random() < 0.8)
        statuses |= dict.fromkeys(numbers, status)
        if rng.random() < 0.4:
            listener = Recorder()
            variables = {"id": campaign.id, "after": places[0]}
            await subscribe(counted.gateway, resources, listener, UPDATES, variables)
            listeners.append(listener)
        for listener in listeners:
            listener.stall() if rng.random() < 0.2 else listener.go_on()
    for listener in listeners:
        listener.go_on()
    await campaign.change(79, status="FAILED")
    wanted = expected(campaign, statuses | {79: "FAILED"})
    await until(lambda: all(listener.newest_states() == wanted for listener in listeners), "the same states")


async def test_the_log_as_a_whole_says_what_its_sharers_are_told(
    counted: Counted, resources: Resources
) -> None:
    campaign = await LiveCampaign(resources).create()
    log = await opened_log(counted.gateway, resources, campaign)
    told = aiter(log)
    opening = await anext(told)
    assert opening.deliveries == []
    resumed = aiter(await opened_log(counted.gateway, resources, campaign, after=opening.cursor))
    assert (await anext(resumed)).deliveries == []
    await campaign.change(3, 4)
    for listening in (told, resumed):
        update = await anext(listening)
        assert [delivery.row["_id"] for delivery in update.deliveries] == campaign.deliveries[3:5]
        await listening.aclose()  # type: ignore[attr-defined]


async def opened_log(
    gateway: Gateway, resources: Resources, campaign: LiveCampaign, after: str | None = None
) -> ChangeLog:  # type: ignore[type-arg]
    context = ServedContext(resources, gateway.live, "test", VIEWER)
    variables = {"id": campaign.id, "after": after}
    operation = await gateway.admit(GraphQLRequest(UPDATES, None, variables), context)
    opened = await gateway.engine.open(operation, context)
    assert not isinstance(opened, Answer)
    assert isinstance(opened.events, ChangeLog)
    return opened.events


@pytest.mark.parametrize(("after", "code"), [("nonsense", "BAD_USER_INPUT"), ("newer", "CURSOR_EXPIRED")])
async def test_a_place_that_the_log_does_not_have_is_refused(
    counted: Counted, resources: Resources, after: str, code: str
) -> None:
    campaign = await LiveCampaign(resources).create()
    if after == "newer":
        first = Recorder()
        await campaign.change(0)
        await subscribe(counted.gateway, resources, first, UPDATES, {"id": campaign.id})
        await until(lambda: bool(first.payloads), "the first event")
        after = first.events()[0]["cursor"]
        # As after the database was restored from an older copy.
        await resources.database.campaigns.update_one({"_id": campaign.key}, {"$set": {"revision": 1}})
    listener = Recorder()
    await subscribe(counted.gateway, resources, listener, UPDATES, {"id": campaign.id, "after": after})
    await until(lambda: bool(listener.refusals), "the refusal")
    assert listener.refusals[0]["extensions"]["code"] == code


@pytest.mark.parametrize("document", [UPDATES, PROGRESS])
async def test_a_campaign_that_is_not_there_is_not_found(
    counted: Counted, resources: Resources, document: str
) -> None:
    listener = Recorder()
    unknown = {"id": encode_id("Campaign", ObjectId())}
    await subscribe(counted.gateway, resources, listener, document, unknown)
    await until(lambda: bool(listener.refusals), "the refusal")
    extensions = listener.refusals[0]["extensions"]
    assert (extensions["code"], extensions["inputPath"]) == ("NOT_FOUND", ["campaignId"])


async def test_leaving_in_the_middle_of_catching_up_leaves_nothing_behind(
    counted: Counted, resources: Resources
) -> None:
    campaign = await LiveCampaign(resources).create()
    await campaign.change(*range(600), announce=False)
    for number in range(40):
        listener = Recorder()
        left = await subscribe(counted.gateway, resources, listener, UPDATES, {"id": campaign.id})
        if number % 2:
            await until(partial(bool, listener.payloads), "the first event")
        left.leave()
        left.leave()
    await until(lambda: counted.gateway.live.counts() == (0, 0), "the topics are let go")
    assert counted.gateway.subscriptions.counts() == (0, 0)
