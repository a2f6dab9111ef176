"""The keeper: a hit is on the bus or in the spool before it is answered, and the wait is short."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from bson import ObjectId

from crm_graphql.bus.port import BusError, Message, Queue
from crm_graphql.tracking import keeper as module
from crm_graphql.tracking.hits import Hit, Signs, partition_of
from crm_graphql.tracking.keeper import HitKeeper
from crm_graphql.tracking.messages import HitsArrived, hits_queue
from crm_graphql.tracking.repeats import PLACES_LIMIT, Repeats
from crm_graphql.tracking.spool import Spool
from crm_graphql.tracking.tokens import Kind, Seen
from tests.tracking.factories import BROWSER, LATER

CAMPAIGN = ObjectId()
LIMIT = 8 * 1024 * 1024


class StandInBus:
    """Takes messages as fast, or not at all, as a test says."""

    def __init__(self) -> None:
        self.hits: list[Hit] = []
        self.queues: set[str] = set()
        self.publishes = 0
        self.seconds = 0.0
        self.is_away = False

    async def publish(self, queue: Queue, *messages: Message) -> None:
        self.publishes += 1
        if self.seconds:
            await asyncio.sleep(self.seconds)
        if self.is_away:
            raise BusError("away")
        self.queues.add(queue)
        for message in messages:
            assert isinstance(message, HitsArrived)
            self.hits += message.hits


def make(number: int, **changes: Any) -> Hit:
    given = {"at": LATER, "agent": BROWSER, "signs": Signs.LANGUAGE, **changes}
    return Hit.of(Seen(Kind.CLICK, CAMPAIGN, number), **given)


@pytest.fixture
def bus() -> StandInBus:
    return StandInBus()


@pytest.fixture
async def keeper(bus: StandInBus, tmp_path: Path) -> AsyncIterator[HitKeeper]:
    made = HitKeeper(bus, Spool(tmp_path, limit_bytes=LIMIT), partitions=4)  # type: ignore[arg-type]
    made.start()
    yield made
    await made.close()


def spooled(tmp_path: Path) -> int:
    return sum(path.stat().st_size for path in tmp_path.glob("*.hits"))


async def taken(keeper: HitKeeper, *hits: Hit) -> float:
    began = time.monotonic()
    await asyncio.gather(*map(keeper.take, hits))
    return time.monotonic() - began


async def test_a_hit_is_on_the_bus_before_it_is_answered(
    bus: StandInBus, keeper: HitKeeper, tmp_path: Path
) -> None:
    await taken(keeper, make(1))
    assert [hit.number for hit in bus.hits] == [1]
    assert bus.queues == {hits_queue(partition_of(str(CAMPAIGN), 4))}
    assert spooled(tmp_path) == 0


async def test_hits_that_come_together_are_published_together(bus: StandInBus, keeper: HitKeeper) -> None:
    await taken(keeper, *(make(number) for number in range(1_000)))
    assert len(bus.hits) == 1_000
    assert bus.publishes <= 2


async def test_a_slow_bus_is_waited_for_fifty_milliseconds_and_then_not_at_all(
    bus: StandInBus, keeper: HitKeeper, tmp_path: Path
) -> None:
    bus.seconds = 5.0
    assert await taken(keeper, make(1)) < 0.5
    assert spooled(tmp_path) > 0
    began = time.monotonic()
    for number in range(2, 102):
        await keeper.take(make(number))
    assert (time.monotonic() - began) / 100 < 0.005


async def test_what_was_kept_is_published_when_the_bus_is_back(
    bus: StandInBus, keeper: HitKeeper, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bus.is_away = True
    await taken(keeper, *(make(number) for number in range(50)))
    await keeper.bring_back()
    assert bus.hits == []
    bus.is_away = False
    await keeper.bring_back()
    assert {hit.number for hit in bus.hits} == set(range(50))
    assert spooled(tmp_path) == 0
    await taken(keeper, make(99))
    assert bus.hits[-1].number == 99


async def test_what_an_earlier_process_left_is_published(bus: StandInBus, tmp_path: Path) -> None:
    earlier = Spool(tmp_path, limit_bytes=LIMIT)
    earlier.append([make(number) for number in range(3)])
    earlier.seal()
    keeper = HitKeeper(bus, Spool(tmp_path, limit_bytes=LIMIT), partitions=4)  # type: ignore[arg-type]
    await keeper.bring_back()
    assert len(bus.hits) == 3


async def test_what_waits_at_the_end_is_kept_for_the_next_start(bus: StandInBus, tmp_path: Path) -> None:
    keeper = HitKeeper(bus, Spool(tmp_path, limit_bytes=LIMIT), partitions=4)  # type: ignore[arg-type]
    keeper.start()
    bus.is_away = True
    await taken(keeper, make(1), make(2))
    await keeper.close()
    next_one = Spool(tmp_path, limit_bytes=LIMIT)
    assert {hit.number for file in next_one.sealed() for hit in file.hits()} == {1, 2}


async def test_a_scanner_that_follows_one_link_again_and_again_is_a_hit_with_a_count(
    bus: StandInBus, keeper: HitKeeper
) -> None:
    for _ in range(5_000):
        await keeper.take(make(1))
    assert len(bus.hits) == 1
    await keeper.end_generation()
    await keeper.end_generation()
    await asyncio.sleep(0.05)
    assert [hit.count for hit in bus.hits] == [1, 4_999]
    assert len({hit.id for hit in bus.hits}) == 2


async def test_one_link_under_ever_new_names_is_bounded(bus: StandInBus, keeper: HitKeeper) -> None:
    for number in range(1_000):
        await keeper.take(make(1, agent=f"agent {number}"))
    assert len(bus.hits) <= 4


def test_repeats_are_bounded_whatever_comes() -> None:
    repeats = Repeats()
    for number in range(PLACES_LIMIT * 3):
        assert not repeats.is_one(make(number))
    assert sum(map(len, (repeats._young, repeats._old))) <= 2 * PLACES_LIMIT


async def test_a_flood_while_the_bus_is_away_stays_within_its_room(
    bus: StandInBus, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "BACK_SECONDS", 60.0)
    spool = Spool(tmp_path, limit_bytes=200_000)
    keeper = HitKeeper(bus, spool, partitions=4)  # type: ignore[arg-type]
    keeper.start()
    bus.is_away = True
    for number in range(20_000):
        await keeper.take(make(number))
    assert spooled(tmp_path) <= 200_000
    assert spool.dropped > 0
    await keeper.close()
