"""Live topics: the state now, then newer ones only; shared by all who listen, and gone when nobody does."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator

import pytest

from crm_graphql.bus.port import Event
from crm_graphql.gql import live
from crm_graphql.gql.live import LiveHub
from crm_graphql.resources import Resources


class Truth:
    """A revision that a test sets, and how often it was read."""

    def __init__(self) -> None:
        self.revision = 1
        self.reads = 0

    async def read(self) -> int:
        self.reads += 1
        return self.revision


@pytest.fixture
async def hub(resources: Resources) -> AsyncIterator[LiveHub]:
    made = LiveHub(resources.bus)
    yield made
    await made.close()


def listen(hub: LiveHub, truth: Truth) -> AsyncIterator[int]:
    return hub.states("campaign.1", "campaign", truth.read, lambda revision: revision)


async def next_of(states: AsyncIterator[int], within: float = 2.0) -> int:
    return await asyncio.wait_for(anext(states), within)


async def test_first_the_state_now_then_each_newer_one(hub: LiveHub, resources: Resources) -> None:
    truth = Truth()
    states = listen(hub, truth)
    assert await next_of(states) == 1
    truth.revision = 2
    await resources.bus.broadcast(Event(topic="campaign.1"))
    assert await next_of(states) == 2


async def test_what_changes_faster_than_a_frame_is_coalesced_newest_wins(
    hub: LiveHub, resources: Resources
) -> None:
    truth = Truth()
    states = listen(hub, truth)
    await next_of(states)
    for revision in range(2, 500):
        truth.revision = revision
        await resources.bus.broadcast(Event(topic="campaign.1"))
    seen = [await next_of(states)]
    while seen[-1] < 499:
        seen.append(await next_of(states))
    assert len(seen) <= 3
    assert truth.reads <= 5


async def test_a_state_never_goes_back(hub: LiveHub, resources: Resources) -> None:
    truth = Truth()
    states = listen(hub, truth)
    await next_of(states)
    for revision in (5, 3, 6):
        truth.revision = revision
        await resources.bus.broadcast(Event(topic="campaign.1"))
        await asyncio.sleep(live.FRAME_SECONDS * 2.5)
    assert await next_of(states) == 6


async def test_a_lost_event_costs_seconds_never_the_final_state(
    hub: LiveHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live, "POLL_SECONDS", 0.3)
    truth = Truth()
    states = listen(hub, truth)
    await next_of(states)
    truth.revision = 2
    assert await next_of(states) == 2


async def test_a_thousand_listeners_share_one_reader(hub: LiveHub) -> None:
    truth = Truth()
    listeners = [listen(hub, truth) for _ in range(1000)]
    assert set(await asyncio.gather(*[next_of(states) for states in listeners])) == {1}
    assert truth.reads <= 2
    assert hub.counts() == (1, 1000)
    for states in listeners:
        await states.aclose()  # type: ignore[attr-defined]


async def test_nothing_is_left_behind_when_nobody_listens(hub: LiveHub) -> None:
    before = len(asyncio.all_tasks())
    for _ in range(300):
        states = listen(hub, Truth())
        await next_of(states)
        await states.aclose()  # type: ignore[attr-defined]
    await asyncio.sleep(0.05)
    assert hub.counts() == (0, 0)
    # The hub keeps its one watch, which the first listener opened.
    assert len(asyncio.all_tasks()) <= before + 2


async def test_a_reading_that_fails_is_tried_again(hub: LiveHub) -> None:
    truth = Truth()
    failures = iter([ConnectionError("away")])

    async def read() -> int:
        for failure in failures:
            raise failure
        return await truth.read()

    states = hub.states("campaign.2", "campaign", read, lambda revision: revision)
    with contextlib.suppress(TimeoutError):
        assert await next_of(states, 3.0) == 1
    assert truth.reads == 1
