"""The counts against guessing hold over processes, and let honest crowds through."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from crm_graphql.accounts import throttle
from crm_graphql.accounts.throttle import Throttle, Throttled, address_name, sign_in_buckets
from crm_graphql.resources import Resources


async def looks_of(processes: list[Throttle], account: str, address: str, attempts: int) -> int:
    """How many of so many attempts at once, spread over processes, were looked at."""
    buckets = sign_in_buckets(account, address)
    tries = [processes[number % len(processes)].admit(buckets) for number in range(attempts)]
    results = await asyncio.gather(*tries, return_exceptions=True)
    assert all(not isinstance(result, BaseException) or isinstance(result, Throttled) for result in results)
    return sum(not isinstance(result, BaseException) for result in results)


async def test_of_many_guesses_at_once_over_several_processes_only_the_free_ones_are_looked_at(
    resources: Resources,
) -> None:
    processes = [Throttle() for _ in range(4)]
    free = throttle.ACCOUNT_FROM_ADDRESS.free
    # The one after the free ones is looked at too: the delay begins with it.
    assert await looks_of(processes, "a@b.example", "192.0.2.1", 25) in (free, free + 1, free + 2)


async def test_an_office_behind_one_address_signs_in_all_at_once(resources: Resources) -> None:
    process = Throttle()

    async def employee(number: int) -> None:
        for _ in range(5):
            admitted = await process.admit(sign_in_buckets(f"u{number}@b.example", "192.0.2.1"))
            await admitted.succeeded()

    await asyncio.gather(*[employee(number) for number in range(20)])


async def test_the_delay_doubles_up_to_the_longest(
    resources: Resources, monkeypatch: pytest.MonkeyPatch
) -> None:
    limit = throttle.Limit(free=2, longest_seconds=40, memory_seconds=3600)
    bucket, delays = throttle.Bucket("x", limit), []
    attempts = resources.database.sign_in_attempts
    for _ in range(9):
        await Throttle().admit([bucket])
        row = await attempts.find_one_and_update(
            {"_id": "x"}, [{"$set": {"next_at": {"$subtract": ["$$NOW", 1000]}}}]
        )
        assert row is not None
        delays.append(max(0, round((row["next_at"] - row["now"]).total_seconds())))
    assert delays == [0, 0, 1, 2, 4, 8, 16, 32, 40]


async def test_failures_are_forgotten_after_their_time(resources: Resources) -> None:
    buckets = sign_in_buckets("a@b.example", "192.0.2.1")
    for _ in range(throttle.ACCOUNT_FROM_ADDRESS.free + 1):
        await Throttle().admit(buckets)
    with pytest.raises(Throttled) as caught:
        await Throttle().admit(buckets)
    assert caught.value.retry_after_seconds == 1
    attempts = resources.database.sign_in_attempts
    past = {"$subtract": ["$$NOW", int(timedelta(seconds=1).total_seconds() * 1000)]}
    await attempts.update_many({}, [{"$set": {"expires_at": past, "next_at": past}}])
    await Throttle().admit(buckets)
    assert {row["failures"] async for row in attempts.find({})} == {1}


@pytest.mark.parametrize(
    ("address", "name"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::"),
        ("fe80::1%eth0", "fe80::"),
        ("testclient", "unknown"),
        ("", "unknown"),
        (None, "unknown"),
    ],
)
def test_guesses_count_under_the_network_that_one_customer_has(address: str | None, name: str) -> None:
    assert address_name(address) == name
