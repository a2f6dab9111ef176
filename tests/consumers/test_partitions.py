"""Home partitions: evenly shared among the live, taken over when one dies, given back at a stop."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consumers import partitions as partitions_module
from consumers.partitions import Partitions, home_partitions
from crm_graphql.core.tasks import end_tasks
from crm_graphql.mongo.leases import ConsumerLease, hold_task
from crm_graphql.resources import Resources

LEASE_SECONDS = 0.6
COUNT = 8


@given(st.sets(st.text(min_size=1, max_size=5), min_size=1, max_size=10), st.integers(1, 64))
def test_the_live_share_all_partitions_evenly(live: set[str], count: int) -> None:
    shares = [home_partitions(me, sorted(live, reverse=True), count) for me in live]
    assert sorted(number for share in shares for number in share) == list(range(count))
    assert max(map(len, shares)) - min(map(len, shares)) <= 1


def test_who_is_not_alive_has_none() -> None:
    assert home_partitions("a", ["b"], 8) == frozenset()


class Process:
    """One process's partitions, and what it has of them."""

    def __init__(self) -> None:
        self.mine: frozenset[int] = frozenset()
        self.partitions = Partitions(COUNT, lease_seconds=LEASE_SECONDS, on_change=self._on_change)

    async def _on_change(self, mine: frozenset[int]) -> None:
        self.mine = mine

    async def die(self) -> None:
        """Go silent, as a killed process does."""
        for task in (self.partitions._renewing, self.partitions._sharing):
            assert task is not None
            await end_tasks([task])


@asynccontextmanager
async def processes(count: int) -> AsyncIterator[list[Process]]:
    started = [Process() for _ in range(count)]
    for process in started:
        await process.partitions.start()
    yield started
    for process in started:
        await process.partitions.stop()


async def until(condition: Callable[[], bool], *, seconds: float = 60.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        await asyncio.sleep(0.02)


def are_shared(*some: Process) -> bool:
    sizes = [len(process.mine) for process in some]
    whole = sorted(number for process in some for number in process.mine)
    return whole == list(range(COUNT)) and max(sizes) - min(sizes) <= 1


@pytest.mark.usefixtures("resources")
async def test_two_get_even_halves_and_one_takes_over_from_the_dead() -> None:
    async with processes(2) as (first, second):
        await until(lambda: are_shared(first, second))
        await first.die()
        await until(lambda: are_shared(second))


@pytest.mark.usefixtures("resources")
async def test_one_that_stops_gives_all_back_at_once() -> None:
    async with processes(3) as (first, second, third):
        await until(lambda: are_shared(first, second, third))
        await first.partitions.stop()
        assert first.mine == frozenset()
        assert await ConsumerLease.find({"_id": first.partitions.process_id}).count() == 0
        await until(lambda: are_shared(second, third))


async def test_a_task_is_held_by_one_until_its_lease_ends(resources: Resources) -> None:
    held = await asyncio.gather(*(hold_task("t", f"token-{number}", 0.3) for number in range(8)))
    assert held.count(True) == 1
    winner = f"token-{held.index(True)}"
    assert await hold_task("t", winner, 0.3)
    assert not await hold_task("t", "another", 0.3)
    await asyncio.sleep(0.35)
    assert await hold_task("t", "another", 0.3)
    assert not await hold_task("t", winner, 0.3)


async def test_giving_up_a_partition_never_costs_the_process_its_lease(resources: Resources) -> None:
    """What is under way in a partition that is given up takes longer than a lease."""
    is_held, go_on = asyncio.Event(), asyncio.Event()

    async def slow(_mine: frozenset[int]) -> None:
        is_held.set()
        await go_on.wait()

    partitions = Partitions(COUNT, lease_seconds=LEASE_SECONDS, on_change=slow)

    async def is_renewed_meanwhile() -> None:
        await is_held.wait()
        leases = ConsumerLease.get_pymongo_collection()
        first = await leases.find_one({"_id": partitions.process_id})
        assert first is not None
        async with asyncio.timeout(60):
            later = first
            while later["lease_until"] <= first["lease_until"]:
                await asyncio.sleep(0.02)
                later = await leases.find_one({"_id": partitions.process_id}) or first

    starting = asyncio.create_task(partitions.start())
    await is_renewed_meanwhile()
    go_on.set()
    await starting
    is_held.clear()
    go_on.clear()
    stopping = asyncio.create_task(partitions.stop())
    await is_renewed_meanwhile()
    go_on.set()
    await stopping
    assert await ConsumerLease.find({"_id": partitions.process_id}).count() == 0


async def test_a_start_that_fails_leaves_nothing_behind_that_renews_the_lease(
    resources: Resources, monkeypatch: pytest.MonkeyPatch
) -> None:
    process = Process()

    def broken(*_: Any) -> frozenset[int]:
        raise KeyError("a bug")

    monkeypatch.setattr(partitions_module, "home_partitions", broken)
    with pytest.raises(KeyError):
        await process.partitions.start()
    assert not [task for task in asyncio.all_tasks() if task.get_name() == "lease of partitions"]


async def test_a_bug_in_sharing_does_not_end_it(
    resources: Resources, monkeypatch: pytest.MonkeyPatch
) -> None:
    process = Process()
    await process.partitions.start()
    share, failures = partitions_module.home_partitions, iter(range(3))

    def broken(*args: Any) -> frozenset[int]:
        if next(failures, None) is not None:
            raise KeyError("a bug")
        return share(*args) - {0}

    monkeypatch.setattr(partitions_module, "home_partitions", broken)
    await until(lambda: len(process.mine) == COUNT - 1)
    await process.partitions.stop()
