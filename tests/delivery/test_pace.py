"""A pace is kept to by however many take from it, evenly and without a burst, whatever clocks do."""

from __future__ import annotations

import asyncio
import time
from collections import defaultdict
from collections.abc import Sequence

import pytest

from crm_graphql.campaigns.documents import Campaign
from crm_graphql.campaigns.terms import Terms
from crm_graphql.delivery.documents import PaceBook
from crm_graphql.delivery.messages import SEND_QUEUE
from crm_graphql.delivery.pace import Pace
from crm_graphql.delivery.vendors.port import OutgoingMessage
from crm_graphql.mongo.leases import database_now
from crm_graphql.resources import Resources
from tests.delivery.factories import campaign_row, launch, make_customers
from tests.delivery.running import running, until_status
from tests.delivery.stand_in import StandInVendor

LONG = 1_000.0


async def tat(pace: Pace) -> float:
    row = await PaceBook.get_pymongo_collection().find_one({"_id": pace.name})
    assert row is not None
    return float(row["tat"])


async def set_tat(pace: Pace, *, seconds_from_now: float) -> None:
    now = (await database_now()).timestamp()
    change = {"$set": {"tat": (now + seconds_from_now) * 1_000}}
    await PaceBook.get_pymongo_collection().update_one({"_id": pace.name}, change)


def most_in_a_second(moments: Sequence[float]) -> int:
    """Over every second, wherever it begins, both of its ends included."""
    ordered = sorted(moments)
    return max(sum(start <= one <= start + 1 for one in ordered) for start in ordered)


async def test_reservations_lie_evenly_whoever_takes_them_at_once(resources: Resources) -> None:
    pace = Pace("campaign:even", 7)
    began = time.monotonic()
    moments: list[float] = []

    async def reserve() -> None:
        for _ in range(6):
            wait = await pace.reserve(1, longest_wait=LONG)
            assert wait is not None
            moments.append(time.monotonic() - began + wait)

    await asyncio.gather(*(reserve() for _ in range(8)))
    span = max(moments) - min(moments)
    assert span == pytest.approx(47 / 7, abs=0.4)
    assert most_in_a_second(moments) <= 9
    first = await tat(pace)
    await pace.reserve(1, longest_wait=LONG)
    assert await tat(pace) - first == pytest.approx(1_000 / 7, abs=0.01)


async def test_parts_of_a_millisecond_add_up(resources: Resources) -> None:
    pace = Pace("campaign:parts", 80)
    await pace.reserve(1, longest_wait=LONG)
    first = await tat(pace)
    for _ in range(40):
        await pace.reserve(2, longest_wait=LONG)
    assert await tat(pace) - first == pytest.approx(1_000, abs=0.01)


async def test_what_would_wait_too_long_is_not_taken(resources: Resources) -> None:
    pace = Pace("campaign:full", 10)
    assert await pace.reserve(20, longest_wait=0.5) is not None
    before = await tat(pace)
    assert await pace.reserve(1, longest_wait=0.5) is None
    assert await tat(pace) == before


async def test_a_pause_is_not_made_up_for_with_a_burst(resources: Resources) -> None:
    pace = Pace("campaign:pause", 100)
    await pace.reserve(1, longest_wait=LONG)
    await set_tat(pace, seconds_from_now=-60)
    await pace.reserve(100, longest_wait=LONG)
    assert await pace.ahead_seconds() > 0.4


@pytest.mark.parametrize("rate", [2, 7, 40])
async def test_lateness_is_made_up_for_within_the_rate_and_one_in_any_second(
    resources: Resources, rate: int
) -> None:
    pace = Pace("campaign:late", rate)
    await pace.reserve(1, longest_wait=LONG)
    await set_tat(pace, seconds_from_now=-60)
    moments: list[float] = []
    for _ in range(3 * rate):
        await pace.reserve(1, longest_wait=LONG)
        row = await PaceBook.get_pymongo_collection().find_one({"_id": pace.name})
        assert row is not None
        moments.append(row["start"] / 1_000)
    assert max(sum(start <= one < start + 1 for one in moments) for start in moments) <= rate + 1
    overdue = moments[-1] + 1 / rate - await tat(pace) / 1_000
    assert 0.2 < overdue < 0.4 + 1 / rate


async def test_a_clock_that_is_put_back_lets_nobody_through_early(resources: Resources) -> None:
    pace = Pace("campaign:clock", 100)
    await pace.reserve(1, longest_wait=LONG)
    await set_tat(pace, seconds_from_now=5)
    wait = await pace.reserve(1, longest_wait=LONG)
    assert wait == pytest.approx(5, abs=0.5)


class Clocked(StandInVendor):
    """Notes when it got the messages of each campaign."""

    def __init__(self) -> None:
        super().__init__(sends_receipts=False)
        self.moments: defaultdict[str, list[float]] = defaultdict(list)
        self.before = self._note

    async def _note(self, messages: Sequence[OutgoingMessage]) -> None:
        for message in messages:
            self.moments[message.tag or ""].append(time.monotonic())


async def test_a_campaign_is_sent_at_its_rate_by_all_senders_together(resources: Resources) -> None:
    await make_customers(50)
    vendor = Clocked()
    async with running(resources, vendor):
        key = await launch(resources, terms=Terms(rate_per_second=10))
        await until_status(key, "COMPLETED")
    assert set(vendor.keys.values()) == {1}
    moments = vendor.moments[str(key)]
    assert len(moments) == 50
    # A busy machine comes late, and its messages at moments of their own.
    assert 0.9 <= (moments[-1] - moments[0]) / (49 / 10) <= 1.5
    assert most_in_a_second(moments) <= 10 + 3


async def test_a_campaign_that_waits_for_its_pace_keeps_no_sender_from_others(resources: Resources) -> None:
    await make_customers(100)
    vendor = Clocked()
    async with running(resources, vendor, senders=2):
        slow = [await launch(resources, terms=Terms(rate_per_second=1)) for _ in range(3)]
        await asyncio.sleep(1)
        began = time.monotonic()
        fast = await launch(resources)
        await until_status(fast, "COMPLETED")
        took = time.monotonic() - began
    # A hundred messages at one a second.
    assert took < 90
    for key in slow:
        assert len(vendor.moments[str(key)]) <= took + 6
    assert (await campaign_row(slow[0]))["status"] == "SENDING"


async def test_a_vendors_own_limit_is_shared_fairly(resources: Resources) -> None:
    await make_customers(40)
    vendor = Clocked()
    async with running(resources, vendor, vendor_rate_per_second=20.0):
        keys = [await launch(resources) for _ in range(3)]
        for key in keys:
            await until_status(key, "COMPLETED")
    every = sorted(moment for moments in vendor.moments.values() for moment in moments)
    assert 0.9 <= (every[-1] - every[0]) / (119 / 20) <= 1.8
    assert most_in_a_second(every) <= 20 * 1.4 + 1
    # Halfway through each has had about its third.
    halfway = every[len(every) // 2]
    shares = [sum(moment <= halfway for moment in vendor.moments[str(key)]) for key in keys]
    assert min(shares) >= 12


async def test_who_waits_for_a_pace_passes_the_turn_on_when_the_process_stops(resources: Resources) -> None:
    await make_customers(20)
    vendor = Clocked()
    async with running(resources, vendor):
        key = await launch(resources, terms=Terms(rate_per_second=2))
        await asyncio.sleep(1.5)
    assert 0 < len(vendor.moments[str(key)]) < 10
    assert await resources.bus.depth(SEND_QUEUE) >= 1
    await Campaign.get_pymongo_collection().update_one({"_id": key}, {"$set": {"rate_per_second": None}})
    async with running(resources, vendor):
        await until_status(key, "COMPLETED")
    assert set(vendor.keys.values()) == {1}
