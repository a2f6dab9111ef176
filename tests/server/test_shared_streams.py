"""Identical subscriptions share one execution and one encoding an event; others do not."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from functools import partial

import pytest

from crm_graphql.app import create_app
from crm_graphql.core.actor import Actor, Role
from crm_graphql.resources import Resources
from crm_graphql.server.engine import Answer, Source
from crm_graphql.server.gateway import Gateway
from tests.server.live_campaign import PROGRESS, UPDATES, LiveCampaign, Recorder, subscribe, until


def running(name: str) -> list[object]:
    """The tasks of that name that have not ended."""
    return [task for task in asyncio.all_tasks() if task.get_name() == name and not task.done()]


class Counted:
    """A gateway whose executions of events are counted."""

    def __init__(self, gateway: Gateway) -> None:
        self.gateway = gateway
        self.executions = 0
        execute = gateway.engine.event

        async def counting(source: Source, event: object) -> Answer:
            self.executions += 1
            return await execute(source, event)

        gateway.engine.event = counting  # type: ignore[method-assign]


@pytest.fixture
async def counted(resources: Resources) -> AsyncIterator[Counted]:
    app = create_app(resources.settings, resources=resources)
    async with app.router.lifespan_context(app):
        yield Counted(app.state.gateway)


async def test_a_thousand_listeners_cost_one_execution_an_event_and_get_the_same_bytes(
    counted: Counted, resources: Resources
) -> None:
    campaign = await LiveCampaign(resources).create()
    listeners = [Recorder() for _ in range(1_000)]
    for listener in listeners:
        await subscribe(counted.gateway, resources, listener, PROGRESS, {"id": campaign.id})
    await until(lambda: all(listener.payloads for listener in listeners), "the state at first")
    assert counted.executions == 1
    await campaign.change(0)
    await until(lambda: all(len(listener.payloads) == 2 for listener in listeners), "the change")
    assert counted.executions == 2
    assert len({id(listener.payloads[-1]) for listener in listeners}) == 1
    assert listeners[0].events()[-1]["stats"] == {"delivered": 1}


async def test_who_comes_later_gets_the_last_state_at_once(counted: Counted, resources: Resources) -> None:
    campaign = await LiveCampaign(resources).create()
    first, second = Recorder(), Recorder()
    await subscribe(counted.gateway, resources, first, PROGRESS, {"id": campaign.id})
    await until(lambda: bool(first.payloads), "the state at first")
    await subscribe(counted.gateway, resources, second, PROGRESS, {"id": campaign.id})
    assert second.payloads == first.payloads
    assert counted.executions == 1


async def test_other_documents_variables_and_rights_share_nothing(
    counted: Counted, resources: Resources
) -> None:
    campaign, other = await LiveCampaign(resources).create(), await LiveCampaign(resources).create()
    asked = [
        (PROGRESS, campaign.id, Actor(Role.VIEWER, "a")),
        (PROGRESS, other.id, Actor(Role.VIEWER, "a")),
        (PROGRESS.replace("at }", "}"), campaign.id, Actor(Role.VIEWER, "a")),
        (PROGRESS, campaign.id, Actor(Role.ADMIN, "a")),
    ]
    same = (PROGRESS, campaign.id, Actor(Role.VIEWER, "b"))
    listeners = [Recorder() for _ in range(5)]
    for listener, (document, key, actor) in zip(listeners, [*asked, same], strict=True):
        await subscribe(counted.gateway, resources, listener, document, {"id": key}, actor)
    await until(lambda: all(listener.payloads for listener in listeners), "the state at first")
    assert counted.gateway.subscriptions.counts() == (4, 0)
    assert counted.executions == 4


async def test_who_may_not_watch_is_refused_whatever_others_may(
    counted: Counted, resources: Resources
) -> None:
    campaign = await LiveCampaign(resources).create()
    allowed, refused = Recorder(), Recorder()
    await subscribe(counted.gateway, resources, allowed, PROGRESS, {"id": campaign.id})
    await until(lambda: bool(allowed.payloads), "the state at first")
    ingestor = Actor(Role.INGESTOR, "x")
    await subscribe(counted.gateway, resources, refused, PROGRESS, {"id": campaign.id}, ingestor)
    await until(lambda: bool(refused.refusals), "the refusal")
    assert refused.refusals[0]["extensions"]["code"] == "FORBIDDEN"
    assert not refused.payloads
    assert counted.gateway.subscriptions.counts() == (1, 0)


async def test_the_last_one_who_leaves_ends_the_work(counted: Counted, resources: Resources) -> None:
    campaign = await LiveCampaign(resources).create()
    before = asyncio.all_tasks()
    stays, goes = Recorder(), Recorder()
    subscriptions = [
        await subscribe(counted.gateway, resources, listener, PROGRESS, {"id": campaign.id})
        for listener in (stays, goes)
    ]
    await until(lambda: bool(stays.payloads), "the state at first")
    subscriptions[1].leave()
    subscriptions[1].leave()
    await campaign.change(0)
    await until(lambda: len(stays.payloads) == 2, "the change")
    assert len(goes.payloads) == 1
    subscriptions[0].leave()
    await until(lambda: counted.gateway.live.counts() == (0, 0), "the topic is let go")
    assert counted.gateway.subscriptions.counts() == (0, 0)

    def is_all_left_for_others() -> bool:
        return {task.get_name() for task in asyncio.all_tasks() - before if not task.done()} <= {
            "live events",
            "share rates",
        }

    # The driver's own tasks come and go.
    await until(is_all_left_for_others, "its tasks end")


async def test_who_leaves_before_the_first_state_leaves_nothing_behind(
    counted: Counted, resources: Resources
) -> None:
    campaign = await LiveCampaign(resources).create()
    for _ in range(200):
        listener = Recorder()
        left = await subscribe(counted.gateway, resources, listener, PROGRESS, {"id": campaign.id})
        await asyncio.sleep(0)
        left.leave()
    await until(lambda: counted.gateway.live.counts() == (0, 0), "the topics are let go")
    assert counted.gateway.subscriptions.counts() == (0, 0)
    await until(lambda: not running("subscription"), "the tasks end")


async def test_a_source_that_breaks_tells_everyone_once_and_a_new_subscription_works(
    counted: Counted, resources: Resources
) -> None:
    campaign = await LiveCampaign(resources).create()
    listeners = [Recorder(), Recorder()]
    for listener in listeners:
        await subscribe(counted.gateway, resources, listener, PROGRESS, {"id": campaign.id})
    await until(lambda: all(listener.payloads for listener in listeners), "the state at first")
    execute = counted.gateway.engine.event

    async def broken(source: Source, event: object) -> Answer:
        raise RuntimeError("secret detail")

    counted.gateway.engine.event = broken  # type: ignore[method-assign]
    await campaign.change(0)
    await until(lambda: all(listener.refusals for listener in listeners), "the error")
    for listener in listeners:
        (error,) = listener.refusals
        assert error["extensions"]["code"] == "INTERNAL"
        assert "secret" not in str(error)
    counted.gateway.engine.event = execute  # type: ignore[method-assign]
    again = Recorder()
    await subscribe(counted.gateway, resources, again, PROGRESS, {"id": campaign.id})
    await until(lambda: bool(again.payloads), "the state")
    assert again.events()[0]["stats"] == {"delivered": 1}


class Broken(Recorder):
    """Its connection breaks in the moment in which it is written to."""

    def newest(self, payload: bytes) -> None:
        raise RuntimeError("the handler is closed")

    append = newest


@pytest.mark.parametrize("document", [PROGRESS, UPDATES])
async def test_a_connection_that_breaks_takes_nothing_from_the_others(
    counted: Counted, resources: Resources, document: str
) -> None:
    campaign = await LiveCampaign(resources).create()
    first, last = Recorder(), Recorder()
    await subscribe(counted.gateway, resources, first, document, {"id": campaign.id})
    await until(lambda: bool(first.payloads), "the first event")
    breaking = Recorder()
    await subscribe(counted.gateway, resources, breaking, document, {"id": campaign.id})
    await subscribe(counted.gateway, resources, last, document, {"id": campaign.id})
    await until(lambda: bool(breaking.payloads and last.payloads), "the first event")
    breaking.__class__ = Broken
    for number in range(2):
        await campaign.change(number)
        await until(partial(has_events, [first, last], number + 2), "the change")
    assert not first.refusals
    assert not last.refusals


def has_events(listeners: list[Recorder], count: int) -> bool:
    """Whether each was told so many."""
    return all(len(listener.payloads) >= count for listener in listeners)
