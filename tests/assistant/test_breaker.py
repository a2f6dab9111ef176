"""The circuit breaker before a model: nobody waits for a server that fails, and it is found again."""

from __future__ import annotations

import asyncio

import pytest

from crm_graphql.assistant.model.breaker import FAILURES, FIRST_SECONDS, LONGEST_SECONDS, CircuitBreaker
from crm_graphql.assistant.model.port import (
    Answer,
    ModelError,
    ModelNonsense,
    ModelRefused,
    ModelUnavailable,
    ModelUncertain,
    Question,
)

QUESTION = Question("q", "", {}, (), 10)


class Scripted:
    """A model that does as told, and a clock that a test turns."""

    def __init__(self) -> None:
        self.time = 0.0
        self.fails_by: ModelError | None = None
        self.waits: asyncio.Event | None = None
        self.asked = 0

    async def answer(self, question: Question, *, deadline_seconds: float) -> Answer:
        self.asked += 1
        if self.waits is not None:
            await self.waits.wait()
        if self.fails_by is not None:
            raise self.fails_by
        return Answer("{}", 1)

    async def close(self) -> None:
        pass


@pytest.fixture
def model() -> Scripted:
    return Scripted()


@pytest.fixture
def breaker(model: Scripted) -> CircuitBreaker:
    return CircuitBreaker(model, now=lambda: model.time)


async def ask(breaker: CircuitBreaker, times: int = 1) -> list[bool]:
    """Whether each of so many questions was answered."""
    answered = []
    for _ in range(times):
        try:
            await breaker.answer(QUESTION, deadline_seconds=10)
        except ModelError:
            answered.append(False)
        else:
            answered.append(True)
    return answered


async def test_questions_that_one_outage_cuts_together_open_it_once(
    model: Scripted, breaker: CircuitBreaker
) -> None:
    model.fails_by, model.waits = ModelUncertain("cut"), asyncio.Event()
    asked = [asyncio.create_task(ask(breaker)) for _ in range(10)]
    await asyncio.sleep(0)
    model.waits.set()
    assert await asyncio.gather(*asked) == [[False]] * 10
    model.time, model.fails_by = FIRST_SECONDS + 1, None
    assert await ask(breaker) == [True]
    assert model.asked == 11


@pytest.mark.parametrize("error", [ModelUnavailable("away"), ModelUncertain("cut")])
async def test_failures_in_a_row_open_it(model: Scripted, breaker: CircuitBreaker, error: ModelError) -> None:
    model.fails_by = error
    await ask(breaker, FAILURES + 5)
    assert model.asked == FAILURES


async def test_an_answer_in_between_begins_the_count_anew(model: Scripted, breaker: CircuitBreaker) -> None:
    for _ in range(FAILURES):
        model.fails_by = ModelUnavailable("away")
        await ask(breaker, FAILURES - 1)
        model.fails_by = None
        assert await ask(breaker) == [True]


@pytest.mark.parametrize("error", [ModelRefused("no"), ModelNonsense("what")])
async def test_refusals_and_nonsense_are_answers(
    model: Scripted, breaker: CircuitBreaker, error: ModelError
) -> None:
    model.fails_by = error
    await ask(breaker, FAILURES * 3)
    assert model.asked == FAILURES * 3


async def test_a_server_that_names_a_time_is_left_alone_at_once_for_as_long(
    model: Scripted, breaker: CircuitBreaker
) -> None:
    model.fails_by = ModelUnavailable("429", retry_after_seconds=40)
    await ask(breaker, 2)
    assert model.asked == 1
    model.time, model.fails_by = 39.9, None
    assert await ask(breaker) == [False]
    model.time = 40.1
    assert await ask(breaker, 2) == [True, True]


async def test_no_wish_is_longer_than_the_longest(model: Scripted, breaker: CircuitBreaker) -> None:
    model.fails_by = ModelUnavailable("429", retry_after_seconds=10**9)
    await ask(breaker)
    model.time, model.fails_by = LONGEST_SECONDS + 1, None
    assert await ask(breaker) == [True]


async def test_after_its_time_one_question_tries_for_all(model: Scripted, breaker: CircuitBreaker) -> None:
    model.fails_by = ModelUnavailable("away")
    await ask(breaker, FAILURES)
    model.time, model.fails_by, model.waits = FIRST_SECONDS + 1, None, asyncio.Event()
    trial = asyncio.create_task(ask(breaker))
    await asyncio.sleep(0)
    assert await ask(breaker, 3) == [False, False, False]
    assert model.asked == FAILURES + 1
    model.waits.set()
    assert await trial == [True]
    assert await ask(breaker, 2) == [True, True]


async def test_a_trial_that_was_given_up_keeps_nobody_out_for_longer_than_it_may_take(
    model: Scripted, breaker: CircuitBreaker
) -> None:
    model.fails_by = ModelUnavailable("away")
    await ask(breaker, FAILURES)
    model.time, model.fails_by, model.waits = FIRST_SECONDS + 1, None, asyncio.Event()
    trial = asyncio.create_task(ask(breaker))
    await asyncio.sleep(0)
    trial.cancel()
    await asyncio.gather(trial, return_exceptions=True)
    model.time, model.waits = model.time + 11, None
    assert await ask(breaker) == [True]


async def test_each_failed_trial_doubles_the_time_up_to_the_longest(
    model: Scripted, breaker: CircuitBreaker
) -> None:
    model.fails_by = ModelUnavailable("away")
    await ask(breaker, FAILURES)
    waited = FIRST_SECONDS
    for _ in range(10):
        model.time += waited - 0.1
        before = model.asked
        await ask(breaker)
        assert model.asked == before
        model.time += 0.2
        await ask(breaker)
        assert model.asked == before + 1
        waited = min(waited * 2, LONGEST_SECONDS)
