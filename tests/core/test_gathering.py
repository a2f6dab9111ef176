"""What is submitted while work is under way goes into the next, in order, and each hears of its own."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest

from crm_graphql.core.gathering import Gathering


class Work:
    """Waits to be let go on, and remembers what it took."""

    def __init__(self) -> None:
        self.taken: list[tuple[str, list[int]]] = []
        self.go_on = asyncio.Event()
        self.fails = False

    async def __call__(self, key: str, items: Sequence[int]) -> None:
        self.taken.append((key, list(items)))
        await self.go_on.wait()
        if self.fails:
            raise ConnectionError


@pytest.fixture
def work() -> Work:
    return Work()


async def test_what_comes_meanwhile_goes_together_and_no_submission_is_cut(work: Work) -> None:
    gathering = Gathering(work, at_once=4, name="work")
    submitted = [asyncio.create_task(gathering.submit("a", [number] * 3)) for number in range(4)]
    submitted.append(asyncio.create_task(gathering.submit("b", [9])))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    work.go_on.set()
    await asyncio.gather(*submitted)
    assert [items for key, items in work.taken if key == "a"] == [[0] * 3, [1] * 3, [2] * 3, [3] * 3]
    work.taken.clear()
    wide = Gathering(work, at_once=6, name="work")
    await asyncio.gather(*(wide.submit("a", [number]) for number in range(9)))
    assert [number for _, items in work.taken for number in items] == list(range(9))
    assert max(len(items) for _, items in work.taken) <= 6


async def test_those_whose_items_were_in_a_failure_hear_of_it_and_the_next_goes_on(work: Work) -> None:
    gathering = Gathering(work, at_once=10, name="work")
    work.fails = True
    work.go_on.set()
    found = await asyncio.gather(*(gathering.submit("a", [one]) for one in range(3)), return_exceptions=True)
    assert [type(one) for one in found] == [ConnectionError] * 3
    work.fails = False
    await gathering.submit("a", [7])


async def test_closing_lets_work_end_and_cancels_what_does_not(work: Work) -> None:
    gathering = Gathering(work, at_once=10, name="work")
    first = asyncio.create_task(gathering.submit("a", [1]))
    await asyncio.sleep(0.01)
    second = asyncio.create_task(gathering.submit("a", [2]))
    await asyncio.sleep(0.01)
    await gathering.close(grace_seconds=0.05)
    found = await asyncio.gather(first, second, return_exceptions=True)
    assert [type(one) for one in found] == [asyncio.CancelledError] * 2
