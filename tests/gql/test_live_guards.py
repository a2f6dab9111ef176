"""Live topics on a bad day: old readings, bugs, a broker that is away, and bindings that come and go."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncGenerator, AsyncIterator
from typing import Any, cast

import pytest

from crm_graphql.bus.port import Bus, BusError, Event
from crm_graphql.gql import live
from crm_graphql.gql.live import LiveHub
from tests.server.live_campaign import until

FRAME = 0.01
QUIET = 30 * FRAME


class WatchedBus:
    """A bus that has one watch; what a test does with its broker happens at once."""

    def __init__(self) -> None:
        self.bound: set[str] = set()
        self.away = False
        self.binding_takes = self.unbinding_takes = 0.0
        self.events: asyncio.Queue[Event] = asyncio.Queue()

    async def watch(self) -> WatchedBus:
        if self.away:
            raise BusError("the broker is away")
        return self

    async def bind(self, topic: str) -> None:
        await asyncio.sleep(self.binding_takes)
        self.bound.add(topic)

    async def unbind(self, topic: str) -> None:
        await asyncio.sleep(self.unbinding_takes)
        if self.away:
            raise BusError("the broker is away")
        self.bound.discard(topic)

    async def __aiter__(self) -> AsyncGenerator[Event, None]:
        while True:
            yield await self.events.get()

    async def close(self) -> None:
        """Nothing is held."""


class Truth:
    """A revision, with a bug or a slow moment when the test says so."""

    def __init__(self) -> None:
        self.revision = 1
        self.reads = 0
        self.bugs: list[Exception] = []
        self.interrupted = False
        self.takes = 0.0

    async def read(self) -> int:
        self.reads += 1
        if self.bugs:
            raise self.bugs.pop()
        revision = self.revision
        try:
            await asyncio.sleep(self.takes)
        except asyncio.CancelledError:
            self.interrupted = True
            raise
        return revision


@pytest.fixture
def bus(monkeypatch: pytest.MonkeyPatch) -> WatchedBus:
    monkeypatch.setattr(live, "FRAME_SECONDS", FRAME)
    monkeypatch.setattr(live, "POLL_SECONDS", 60.0)
    return WatchedBus()


@pytest.fixture
async def hub(bus: WatchedBus) -> AsyncIterator[LiveHub]:
    made = LiveHub(cast("Bus", bus))
    yield made
    await made.close()


def listen(hub: LiveHub, truth: Truth, view: str = "campaign") -> AsyncGenerator[int, None]:
    return hub.states("topic", view, truth.read, lambda revision: revision)


async def next_of(states: AsyncGenerator[int, None]) -> int:
    return await asyncio.wait_for(anext(states), 60)


async def silent(states: AsyncGenerator[int, None]) -> bool:
    """Whether nothing new comes. The listener is lost by asking."""
    try:
        await asyncio.wait_for(anext(states), QUIET)
    except TimeoutError:
        return True
    return False


async def hint(bus: WatchedBus, truth: Truth) -> None:
    """A hint, and the reading that it leads to."""
    reads = truth.reads
    bus.events.put_nowait(Event(topic="topic"))
    await until(lambda: truth.reads > reads, "a reading")


@pytest.mark.parametrize("revision", [6, 7], ids=["an older revision", "the same revision"])
async def test_a_reading_that_is_no_newer_is_told_to_nobody(
    hub: LiveHub, bus: WatchedBus, revision: int
) -> None:
    truth = Truth()
    truth.revision = 7
    listening, early = listen(hub, truth), listen(hub, truth)
    assert (await next_of(listening), await next_of(early)) == (7, 7)
    # As from a member of the replica set, or a snapshot, that is behind.
    truth.revision = revision
    await hint(bus, truth)
    assert await silent(listening)
    # Nor to who comes then.
    late = listen(hub, truth)
    assert await next_of(late) == 7
    truth.revision = 8
    await hint(bus, truth)
    assert (await next_of(early), await next_of(late)) == (8, 8)


async def test_an_older_reading_that_ends_after_a_newer_one_takes_nothing_back(
    hub: LiveHub, bus: WatchedBus
) -> None:
    truth = Truth()
    truth.revision = 3
    states = listen(hub, truth)
    assert await next_of(states) == 3
    truth.revision, truth.takes = 2, 5 * FRAME
    await hint(bus, truth)
    truth.revision, truth.takes = 4, 0.0
    await hint(bus, truth)
    assert await next_of(states) == 4


async def test_a_reading_that_has_a_bug_is_logged_and_tried_again(
    hub: LiveHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    logged: list[str] = []
    monkeypatch.setattr(live.log, "exception", lambda event, **_: logged.append(event))
    truth = Truth()
    truth.bugs = [RuntimeError("a bug")]
    assert await next_of(listen(hub, truth)) == 1
    assert logged == ["a live topic cannot be read"]


async def test_one_hint_costs_one_reading(hub: LiveHub, bus: WatchedBus) -> None:
    truth = Truth()
    states = listen(hub, truth)
    await next_of(states)
    await hint(bus, truth)
    await asyncio.sleep(QUIET)
    assert truth.reads == 2


async def test_hints_in_one_frame_cost_one_reading_together(
    hub: LiveHub, bus: WatchedBus, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live, "FRAME_SECONDS", 1.0)
    truth = Truth()
    states = listen(hub, truth)
    await next_of(states)
    for _ in range(50):
        bus.events.put_nowait(Event(topic="topic"))
        await asyncio.sleep(0)
    assert truth.reads == 1
    await until(lambda: truth.reads == 2, "the reading after the frame")


async def test_one_who_leaves_takes_nothing_from_the_others(hub: LiveHub, bus: WatchedBus) -> None:
    truth = Truth()
    stays, goes = listen(hub, truth), listen(hub, truth)
    assert (await next_of(stays), await next_of(goes)) == (1, 1)
    await goes.aclose()
    truth.revision = 2
    await hint(bus, truth)
    assert await next_of(stays) == 2


async def test_without_a_broker_the_regular_readings_carry_on(
    hub: LiveHub, bus: WatchedBus, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live, "POLL_SECONDS", FRAME)
    bus.away = True
    truth = Truth()
    states = listen(hub, truth)
    assert await next_of(states) == 1
    truth.revision = 2
    assert await next_of(states) == 2


async def test_a_topic_is_bound_before_it_is_first_read(hub: LiveHub, bus: WatchedBus) -> None:
    bus.binding_takes = 5 * FRAME
    truth = Truth()
    was_bound: list[bool] = []

    async def read() -> int:
        was_bound.append("topic" in bus.bound)
        return await truth.read()

    assert await next_of(hub.states("topic", "campaign", read, lambda revision: revision)) == 1
    assert was_bound == [True]


async def test_who_leaves_while_its_topic_is_being_bound_leaves_no_binding(
    hub: LiveHub, bus: WatchedBus
) -> None:
    bus.binding_takes = 2 * FRAME
    first = listen(hub, Truth(), "another view")
    other = hub.states("other", "x", Truth().read, lambda revision: revision)
    await next_of(other)
    joining = asyncio.create_task(next_of(first))
    await asyncio.sleep(FRAME)
    joining.cancel()
    # The broker may have heard of it all the same.
    bus.bound.add("topic")
    with contextlib.suppress(asyncio.CancelledError):
        await joining
    await until(lambda: bus.bound == {"other"}, "the binding is taken back")


async def test_a_topic_that_is_watched_again_at_once_keeps_its_binding(hub: LiveHub, bus: WatchedBus) -> None:
    truth = Truth()
    states = listen(hub, truth)
    await next_of(states)
    await states.aclose()
    # The leave's unbinding has not begun, or is under way: both ways the new listener's binding stays.
    again = listen(hub, truth)
    assert await next_of(again) == 1
    bus.unbinding_takes = 5 * FRAME
    await again.aclose()
    await asyncio.sleep(FRAME)
    once_more = listen(hub, truth)
    assert await next_of(once_more) == 1
    await asyncio.sleep(QUIET)
    assert bus.bound == {"topic"}


async def test_who_is_binding_a_topic_while_the_last_one_leaves_it_keeps_the_binding(
    hub: LiveHub, bus: WatchedBus
) -> None:
    leaves = listen(hub, Truth(), "one")
    await next_of(leaves)
    bus.binding_takes = 10 * FRAME
    comes = asyncio.create_task(next_of(listen(hub, Truth(), "other")))
    await asyncio.sleep(FRAME)
    await leaves.aclose()
    assert await comes == 1
    await until(lambda: not hub._unbinding, "the unbinding has ended")
    assert bus.bound == {"topic"}


async def test_one_of_two_views_that_ends_leaves_the_other_its_binding(hub: LiveHub, bus: WatchedBus) -> None:
    truth = Truth()
    one, other = listen(hub, truth, "one"), listen(hub, truth, "other")
    assert (await next_of(one), await next_of(other)) == (1, 1)
    await one.aclose()
    await asyncio.sleep(QUIET)
    assert bus.bound == {"topic"}
    truth.revision = 2
    await hint(bus, truth)
    assert await next_of(other) == 2


async def test_the_last_to_leave_takes_the_binding_along_even_when_the_broker_is_away_then(
    hub: LiveHub, bus: WatchedBus
) -> None:
    problems: list[dict[str, Any]] = []
    loop = asyncio.get_running_loop()
    before = loop.get_exception_handler()
    loop.set_exception_handler(lambda _loop, context: problems.append(context))
    try:
        states = listen(hub, Truth())
        await next_of(states)
        bus.away = True
        await states.aclose()
        await until(lambda: not hub._unbinding, "the unbinding has ended")
        bus.away = False
        states = listen(hub, Truth())
        await next_of(states)
        await states.aclose()
        await until(lambda: not bus.bound, "the binding is taken back")
    finally:
        loop.set_exception_handler(before)
    assert problems == []


async def test_a_reading_under_way_is_not_cut_off_when_the_last_listener_leaves(hub: LiveHub) -> None:
    truth = Truth()
    truth.takes = 10 * FRAME
    asking = asyncio.create_task(next_of(listen(hub, truth)))
    await until(lambda: truth.reads == 1, "the reading")
    asking.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await asking
    await asyncio.sleep(QUIET)
    assert not truth.interrupted


async def test_a_listener_that_leaves_after_the_hub_has_closed_leaves_in_peace(bus: WatchedBus) -> None:
    hub = LiveHub(cast("Bus", bus))
    states = listen(hub, Truth())
    await next_of(states)
    await hub.close()
    await states.aclose()
    assert hub.counts() == (0, 0)
