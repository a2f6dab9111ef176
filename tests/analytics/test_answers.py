"""Answers are worked out once for all who ask at once, and forgotten when what they are about has changed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from crm_graphql.analytics.answers import LEAST_SECONDS, MOST_SECONDS, PART_AT_WORK, ROWS, Answers
from crm_graphql.bus.port import BusError, Event
from crm_graphql.campaigns.messages import CAMPAIGNS_TOPIC
from crm_graphql.customers.changed import CUSTOMERS_TOPIC
from crm_graphql.resources import Resources

CUSTOMERS = frozenset({CUSTOMERS_TOPIC})


class Time:
    """A clock of seconds that a test moves."""

    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


class Asker:
    """Asks, and counts how often the answer was worked out."""

    def __init__(self, answers: Answers, time: Time) -> None:
        self.answers, self.time = answers, time
        self.worked = 0
        self.takes = 0.0
        self.gate: asyncio.Event | None = None

    async def ask(self, question: str = "q", topics: frozenset[str] = CUSTOMERS, rows: int = 1) -> int:
        async def work() -> int:
            self.worked += 1
            mine = self.worked
            if self.gate is not None:
                await self.gate.wait()
            self.time.now += self.takes
            return mine

        return await self.answers.answer(question, topics, work, lambda _: rows)


@pytest.fixture
async def asker(resources: Resources) -> AsyncIterator[Asker]:
    """Over answers that are kept, on the tests' bus."""
    time = Time()
    answers = Answers(time)
    answers.start(resources.bus)
    # Its watch begins with all that may have changed before.
    await asyncio.sleep(0.05)
    yield Asker(answers, time)
    await answers.close()


async def test_the_same_question_at_once_is_worked_out_once(asker: Asker) -> None:
    asker.gate = asyncio.Event()
    asking = [asyncio.create_task(asker.ask()) for _ in range(20)]
    other = asyncio.create_task(asker.ask("other"))
    await asyncio.sleep(0)
    # Whoever leaves ends it for nobody else.
    asking[0].cancel()
    await asyncio.sleep(0)
    asker.gate.set()
    assert set(await asyncio.gather(*asking[1:])) == {1}
    assert await other == 2
    assert asker.worked == 2


async def test_an_answer_is_given_again_for_half_a_minute(asker: Asker) -> None:
    assert [await asker.ask() for _ in range(3)] == [1, 1, 1]
    asker.time.now += MOST_SECONDS - 0.1
    assert await asker.ask() == 1
    asker.time.now += 0.1
    assert await asker.ask() == 2


async def test_a_change_ends_an_answer_after_a_second(asker: Asker, resources: Resources) -> None:
    await asker.ask()
    await resources.bus.broadcast(Event(topic=CAMPAIGNS_TOPIC))
    await asyncio.sleep(0.05)
    asker.time.now += LEAST_SECONDS
    assert await asker.ask() == 1
    await resources.bus.broadcast(Event(topic=CUSTOMERS_TOPIC))
    await asyncio.sleep(0.05)
    assert await asker.ask() == 1
    # Later changes do not prolong it.
    asker.time.now += LEAST_SECONDS / 2
    await resources.bus.broadcast(Event(topic=CUSTOMERS_TOPIC))
    await asyncio.sleep(0.05)
    asker.time.now += LEAST_SECONDS / 2
    assert await asker.ask() == 2


async def test_what_takes_long_is_not_worked_out_for_each_change(asker: Asker) -> None:
    asker.takes = 2.0
    await asker.ask()
    asker.answers.changed(CUSTOMERS_TOPIC)
    asker.time.now += PART_AT_WORK * asker.takes - 0.1
    assert await asker.ask() == 1
    asker.time.now += 0.1
    assert await asker.ask() == 2
    # At the most half a minute, however long it takes.
    asker.takes = 20.0
    asker.time.now += MOST_SECONDS
    assert await asker.ask() == 3
    asker.answers.changed(CUSTOMERS_TOPIC)
    asker.time.now += MOST_SECONDS - asker.takes
    assert await asker.ask() == 4


async def test_a_change_while_it_is_worked_out_counts(asker: Asker) -> None:
    asker.gate = asyncio.Event()
    first = asyncio.create_task(asker.ask())
    await asyncio.sleep(0)
    asker.answers.changed(CUSTOMERS_TOPIC)
    asker.gate.set()
    assert await first == 1
    asker.time.now += LEAST_SECONDS
    assert await asker.ask() == 2


async def test_a_failure_is_told_to_all_and_not_kept(asker: Asker) -> None:
    async def fail() -> int:
        await asyncio.sleep(0)
        raise ValueError("no")

    found = await asyncio.gather(
        *(asker.answers.answer("f", CUSTOMERS, fail) for _ in range(3)), return_exceptions=True
    )
    assert [type(one) for one in found] == [ValueError] * 3
    assert await asker.ask("f") == 1


async def test_memory_is_bounded_by_rows(asker: Asker) -> None:
    await asker.ask("large", rows=ROWS)
    await asker.ask("large", rows=ROWS)
    assert asker.worked == 2
    for number in range(30):
        await asker.ask(str(number), rows=999)
    assert asker.worked == 32
    assert await asker.ask("29") == 32
    assert await asker.ask("0") == 33


async def test_without_hints_nothing_is_kept() -> None:
    time = Time()
    asker = Asker(Answers(time), time)
    assert [await asker.ask(), await asker.ask()] == [1, 2]


async def test_a_watch_that_breaks_is_begun_again(
    resources: Resources, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("crm_graphql.analytics.answers.WATCH_AGAIN_SECONDS", 0.01)
    whole, failures = resources.bus.watch, [BusError("away"), RuntimeError("a bug")]

    async def watch() -> object:
        if failures:
            raise failures.pop()
        return await whole()

    monkeypatch.setattr(resources.bus, "watch", watch)
    time = Time()
    answers = Answers(time)
    answers.start(resources.bus)
    asker = Asker(answers, time)
    await asker.ask()
    await asyncio.sleep(0.2)
    assert not failures
    # What came while nobody watched may have changed it.
    time.now += LEAST_SECONDS
    assert await asker.ask() == 2
    await answers.close()
