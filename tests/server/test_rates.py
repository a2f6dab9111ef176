"""A caller gets its share of a minute, over all processes, and never waits for MongoDB to be counted."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

import pytest
from pymongo.errors import ServerSelectionTimeoutError

from crm_graphql.core.errors import ErrorCode, RateLimited
from crm_graphql.core.settings import SettingsError, load_settings
from crm_graphql.gql.errors import top_level_code
from crm_graphql.mongo.rate_windows import RateWindow, add_spending
from crm_graphql.resources import Resources
from crm_graphql.server import windows
from crm_graphql.server.rates import RateLimit, RateState, address_of, make_rates, rate_headers
from crm_graphql.server.windows import ProcessWindows, SharedWindows


class Hand:
    """A clock that is turned by hand."""

    def __init__(self, now: float = 600.0) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now


def limit_of(storage: ProcessWindows, limit: int = 100) -> RateLimit:
    return RateLimit("cost", limit, storage, "")


async def test_what_is_spent_is_gone_until_the_next_minute() -> None:
    clock = Hand(600.0 + 20)
    limit = limit_of(ProcessWindows(clock))
    assert await limit.spend("a", 30) == RateState("cost", 100, 70, 40)
    assert (await limit.spend("a", 70)).remaining == 0
    with pytest.raises(RateLimited) as caught:
        await limit.spend("a", 1)
    assert caught.value.retry_after_seconds == 40
    assert caught.value.code is ErrorCode.RATE_LIMITED
    assert "100" in str(caught.value)
    clock.now = 660.0
    assert await limit.spend("a", 1) == RateState("cost", 100, 99, 60)


async def test_callers_do_not_share() -> None:
    limit = limit_of(ProcessWindows(Hand()))
    await limit.spend("a", 100)
    assert (await limit.spend("b", 100)).remaining == 0


async def test_what_is_refused_is_not_counted() -> None:
    limit = limit_of(ProcessWindows(Hand()))
    await limit.spend("a", 50)
    with pytest.raises(RateLimited):
        await limit.spend("a", 51)
    assert (await limit.spend("a", 50)).remaining == 0


async def test_a_limit_of_zero_is_none() -> None:
    limit = limit_of(ProcessWindows(), 0)
    state = await limit.spend("a", 10**9)
    assert rate_headers(state) == {}


async def test_the_number_of_callers_kept_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(windows, "KEYS", 50)
    clock = Hand()
    storage = ProcessWindows(clock)
    limit = limit_of(storage)
    for number in range(200):
        await limit.spend(f"old {number}", 1)
        assert len(storage) <= 50
    await limit.spend("here", 100)
    clock.now += 60
    for number in range(50):
        await limit.spend(f"new {number}", 1)
    with pytest.raises(RateLimited):
        await limit.spend("new 0", 100)


async def test_processes_learn_what_others_let_through(resources: Resources) -> None:
    one, other = SharedWindows(add_spending), SharedWindows(add_spending)
    here, there = limit_of(one, 10**6), limit_of(other, 10**6)
    await here.spend("a", 600_000)
    await there.spend("a", 100_000)
    await one.share()
    await other.share()
    with pytest.raises(RateLimited):
        await there.spend("a", 400_000)
    assert (await there.state("a")).remaining == 300_000
    await one.close()
    await other.close()


async def test_sharing_happens_by_itself_and_ends_when_all_is_shared(resources: Resources) -> None:
    storage = SharedWindows(add_spending, share_seconds=0.01)
    await limit_of(storage).spend("a", 7)
    async with asyncio.timeout(60):
        while await RateWindow.get_pymongo_collection().find_one({"spent": 7}) is None:
            await asyncio.sleep(0.02)
        while any(task.get_name() == "share rates" for task in asyncio.all_tasks()):
            await asyncio.sleep(0.02)
    await storage.close()


async def test_many_callers_cost_one_write_and_one_read(resources: Resources) -> None:
    calls: list[int] = []

    async def counted(spent: Mapping[str, tuple[int, datetime]]) -> dict[str, int]:
        calls.append(len(spent))
        return await add_spending(spent)

    storage = SharedWindows(counted, share_seconds=60)
    limit = limit_of(storage)
    for number in range(300):
        await limit.spend(f"caller {number % 100}\x00$é", 1)
    await storage.share()
    await storage.share()
    assert calls == [100]
    rows = await RateWindow.get_pymongo_collection().find({}).to_list()
    assert [row["spent"] for row in rows] == [3] * 100
    await storage.close()


async def test_what_many_processes_add_at_once_adds_up(resources: Resources) -> None:
    expires = datetime.now(UTC) + timedelta(minutes=5)
    for turn in range(5):
        await asyncio.gather(*(add_spending({f"window {turn}": (1, expires)}) for _ in range(20)))
    rows = await RateWindow.get_pymongo_collection().find({}).to_list()
    assert [row["spent"] for row in rows] == [20] * 5


async def test_windows_that_are_over_expire(resources: Resources) -> None:
    indexes = await RateWindow.get_pymongo_collection().index_information()
    assert indexes["expires_at"]["expireAfterSeconds"] == 0


async def test_without_mongodb_each_process_counts_alone_and_adds_it_later() -> None:
    away = True
    given: dict[str, int] = {}

    async def add(spent: Mapping[str, tuple[int, datetime]]) -> dict[str, int]:
        if away:
            raise ServerSelectionTimeoutError("nobody there")
        given.update({key: amount for key, (amount, _) in spent.items()})
        return dict(given)

    storage = SharedWindows(add, clock=Hand(), share_seconds=60)
    limit = limit_of(storage)
    await limit.spend("a", 60)
    with pytest.raises(ServerSelectionTimeoutError):
        await storage.share()
    await limit.spend("a", 30)
    with pytest.raises(RateLimited):
        await limit.spend("a", 20)
    away = False
    await storage.share()
    assert list(given.values()) == [90]
    assert (await limit.state("a")).remaining == 10
    await storage.close()


async def test_a_failure_to_share_does_not_reach_the_caller(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(windows, "PAUSE_SECONDS", 0.01)
    tries = 0

    async def add(_spent: Mapping[str, tuple[int, datetime]]) -> dict[str, int]:
        nonlocal tries
        tries += 1
        raise ServerSelectionTimeoutError("nobody there")

    storage = SharedWindows(add, share_seconds=0.01)
    limit = limit_of(storage)
    async with asyncio.timeout(60):
        while tries < 2:
            await limit.spend("a", 0)
            await asyncio.sleep(0.02)
    await storage.close()


def test_headers_follow_the_draft() -> None:
    state = RateState("cost", 6_000_000, 5_999_000, 42)
    assert rate_headers(state) == {
        "ratelimit-policy": '"cost";q=6000000;qu="cost";w=60',
        "ratelimit": '"cost";r=5999000;t=42',
    }
    assert rate_headers(RateState("requests", 300, 0, 9), limited=True) == {
        "ratelimit-policy": '"requests";q=300;w=60',
        "ratelimit": '"requests";r=0;t=9',
        "retry-after": "9",
    }


@pytest.mark.parametrize(
    ("host", "key"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::9", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("testclient", "testclient"),
        ("", "unknown"),
        (None, "unknown"),
    ],
)
def test_an_address_counts_as_its_customer(host: str | None, key: str) -> None:
    assert address_of(host) == key


def test_the_settings_choose() -> None:
    alone = make_rates(load_settings(_env_file=None, rates_shared=False))
    assert not isinstance(alone.storage, SharedWindows)
    assert isinstance(make_rates(load_settings(_env_file=None)).storage, SharedWindows)
    with pytest.raises(SettingsError, match="CRM_RATE_COST_PER_MINUTE"):
        load_settings(_env_file=None, rate_cost_per_minute=10)


def test_its_code_is_told() -> None:
    assert top_level_code(RateLimited("x", retry_after_seconds=1)) == "RATE_LIMITED"


async def test_counting_is_cheap() -> None:
    limit = limit_of(ProcessWindows(), 10**9)
    for number in range(1_000):
        await limit.spend(f"caller {number}", 1)
    best = 1.0
    for _ in range(20):
        start = time.perf_counter()
        for _ in range(100):
            await limit.spend("caller 1", 1)
        best = min(best, (time.perf_counter() - start) / 100)
    assert best < 0.001
