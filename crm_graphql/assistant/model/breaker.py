"""The circuit breaker before a model: one that fails is left alone, so that nobody waits for it in vain."""

from __future__ import annotations

import time
from collections.abc import Callable

import structlog

from crm_graphql.assistant.model.port import (
    Answer,
    Model,
    ModelError,
    ModelUnavailable,
    ModelUncertain,
    Question,
)

log = structlog.get_logger()

FAILURES = 3
"""So many in a row open the circuit; a server that names a time itself opens it at once."""
FIRST_SECONDS = 15.0
LONGEST_SECONDS = 600.0


class CircuitBreaker:
    """A model that is asked only while it is likely to answer. One for each process.

    Open, it raises ModelUnavailable at once. When its time is over one question is let through: its answer
    closes the circuit, its failure opens it for twice as long. Refusals and nonsense are answers.
    """

    def __init__(self, model: Model, *, now: Callable[[], float] = time.monotonic) -> None:
        self._model = model
        self._now = now
        self._failures = 0
        self._open_until = float("-inf")
        self._open_seconds = FIRST_SECONDS

    async def answer(self, question: Question, *, deadline_seconds: float) -> Answer:
        """As the port says."""
        is_trial = self._admit(deadline_seconds)
        try:
            answer = await self._model.answer(question, deadline_seconds=deadline_seconds)
        except (ModelUnavailable, ModelUncertain) as error:
            self._failed(error, is_trial=is_trial)
            raise
        except ModelError:
            self._worked()
            raise
        self._worked()
        return answer

    async def close(self) -> None:
        """Close the model."""
        await self._model.close()

    def _admit(self, deadline_seconds: float) -> bool:
        """Whether this is the one trial. Raises ModelUnavailable where the circuit is open."""
        now = self._now()
        if now < self._open_until:
            raise ModelUnavailable(f"left alone for another {self._open_until - now:.0f} s")
        is_trial = self._failures >= FAILURES
        if is_trial:
            # The others stay out until it is over, or for as long as it may take.
            self._open_until = now + deadline_seconds
        return is_trial

    def _failed(self, error: ModelError, *, is_trial: bool) -> None:
        self._failures += 1
        wished = error.retry_after_seconds
        if wished is None and self._failures != FAILURES and not is_trial:
            # Too few yet; or asked before the circuit opened, which one outage must not lengthen many times.
            return
        if wished is None:
            seconds = self._open_seconds
            self._open_seconds = min(seconds * 2, LONGEST_SECONDS)
        else:
            seconds = min(max(wished, 1.0), LONGEST_SECONDS)
            self._failures = max(self._failures, FAILURES)
        self._open_until = max(self._open_until, self._now() + seconds)
        log.warning("the assistant's model is left alone", seconds=round(seconds), error=str(error))

    def _worked(self) -> None:
        self._failures = 0
        self._open_until = float("-inf")
        self._open_seconds = FIRST_SECONDS
