"""Model of language as the assistant sees it: one question, one JSON object, and its ways of failing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal, Protocol

Speaker = Literal["system", "user", "assistant"]


class ModelError(Exception):
    """A question without a usable answer; which subclass says why. The message is safe for a log: it never
    holds what was asked or answered. `tokens` is what it has cost as far as the server said, None unknown."""

    def __init__(
        self, message: str, *, tokens: int | None = None, retry_after_seconds: float | None = None
    ) -> None:
        super().__init__(message)
        self.tokens = tokens
        self.retry_after_seconds = retry_after_seconds


class ModelUnavailable(ModelError):
    """Surely nothing was generated (connection refused, 429, 500, a wrong key)."""

    def __init__(self, message: str, *, retry_after_seconds: float | None = None) -> None:
        super().__init__(message, tokens=0, retry_after_seconds=retry_after_seconds)


class ModelUncertain(ModelError):
    """Something may have been generated, and paid for (time-out, a connection that was cut)."""


class ModelRefused(ModelError):
    """The model, or its server's filter, would not answer this."""


class ModelNonsense(ModelError):
    """An answer that is none: not of the protocol, cut at its length, a call of a tool that nobody gave."""


@dataclass(frozen=True, slots=True)
class Question:
    """What a model is asked. `schema` is the JSON schema of the answer, by the rules of structured outputs.

    `words` are those of it that a person wrote: all that a log may hold.
    """

    name: str
    words: str
    schema: Mapping[str, Any]
    messages: tuple[tuple[Speaker, str], ...]
    answer_tokens: int
    """The most that the answer may have."""

    def followed_by(self, answer: str, objection: str) -> Question:
        """The same question again, after an answer that will not do."""
        return replace(self, messages=(*self.messages, ("assistant", answer), ("user", objection)))

    @property
    def most_tokens(self) -> int:
        """What it may cost at the most: no token is shorter than a byte, and hardly one shorter than two."""
        size = sum(len(text.encode()) for _, text in self.messages) + len(repr(self.schema))
        return size // 2 + self.answer_tokens


@dataclass(frozen=True, slots=True)
class Answer:
    """The text of an answer, which should be JSON of the question's schema; and what both cost, in tokens,
    None where the server did not say."""

    text: str
    tokens: int | None


class Model(Protocol):
    """Answers questions. Safe for concurrent calls."""

    async def answer(self, question: Question, *, deadline_seconds: float) -> Answer:
        """The answer. Returns or raises within the deadline. Raises ModelError."""

    async def close(self) -> None:
        """Close its connections."""
