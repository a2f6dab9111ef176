"""Asking the model: within its time, within the caller's budget, and with no more in the log than may be."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

import structlog

from crm_graphql.assistant.budget import Reservation, reserve
from crm_graphql.assistant.model.port import (
    Answer,
    Model,
    ModelError,
    ModelUnavailable,
    ModelUncertain,
    Question,
)
from crm_graphql.assistant.privacy import for_log
from crm_graphql.core.actor import Actor
from crm_graphql.core.clock import Clock
from crm_graphql.core.settings import Settings

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Request:
    """One request of a caller, for which a model may be asked more than once: all within one deadline, by the
    clock of the event loop."""

    actor: Actor
    model: Model
    deadline: float
    clock: Clock
    settings: Settings

    @classmethod
    def begin(cls, actor: Actor, model: Model, *, clock: Clock, settings: Settings) -> Request:
        """A request whose time runs from now."""
        deadline = asyncio.get_running_loop().time() + settings.openai_timeout_seconds
        return cls(actor, model, deadline, clock, settings)

    async def ask(self, question: Question) -> Answer:
        """The model's answer. Raises ModelError: also where the time is over or the budget used up.

        Its tokens are reserved before and settled after; what a call that broke may have cost stays charged.
        No transaction may be open: a model takes seconds.
        """
        left = self.deadline - asyncio.get_running_loop().time()
        if left <= 0:
            raise ModelUncertain("its time is over", tokens=0)
        reserved = await reserve(
            self.actor.subject, question.most_tokens, now=self.clock.now(), settings=self.settings
        )
        if reserved is None:
            raise ModelUnavailable("the tokens of the day are used up")
        try:
            answer = await self.model.answer(question, deadline_seconds=left)
        except ModelError as error:
            await _settle(reserved, error.tokens)
            self._log(question, None, error.tokens, str(error))
            raise
        await _settle(reserved, answer.tokens)
        self._log(question, answer.text, answer.tokens, None)
        return answer

    def _log(self, question: Question, answer: str | None, tokens: int | None, error: str | None) -> None:
        said = {}
        if self.settings.openai_log_prompts:
            asked, answered = for_log(question.words, answer or "", self.settings.country or None)
            said = {"asked": asked, "answered": answered}
        log.info("the assistant asked its model", about=question.name, tokens=tokens, error=error, **said)


async def _settle(reserved: Reservation, tokens: int | None) -> None:
    if tokens is not None:
        await reserved.settle(tokens)
