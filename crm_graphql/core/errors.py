"""The errors a caller can mend: a code, a sentence to act on, and the place in the input."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from enum import Enum


class ErrorCode(Enum):
    """Why a request, or one row of it, was refused."""

    INVALID = "INVALID"
    REQUIRED = "REQUIRED"
    NOT_FOUND = "NOT_FOUND"
    ALREADY_EXISTS = "ALREADY_EXISTS"
    CONFLICT = "CONFLICT"
    WRONG_STATE = "WRONG_STATE"
    UNAUTHENTICATED = "UNAUTHENTICATED"
    FORBIDDEN = "FORBIDDEN"
    LIMIT_EXCEEDED = "LIMIT_EXCEEDED"
    RATE_LIMITED = "RATE_LIMITED"
    UNAVAILABLE = "UNAVAILABLE"


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong with an input.

    `path` points into the input ("rule", "all", "1", "where", "value"); `line` and `column` (from 1) point
    into a text, for templates.
    """

    code: ErrorCode
    message: str
    path: tuple[str, ...] = ()
    line: int | None = None
    column: int | None = None

    def under(self, *prefix: str) -> Problem:
        """The same problem, seen from further out in the input."""
        return replace(self, path=(*prefix, *self.path))


class DomainError(Exception):
    """A failure that the caller can mend. Holds at least one problem; never used for control flow."""

    code = ErrorCode.INVALID

    def __init__(self, message: str, *, path: Sequence[str] = (), subject: object | None = None) -> None:
        """`subject` is the object as it now stands (the campaign that was launched already)."""
        super().__init__(message)
        self.problems: tuple[Problem, ...] = (Problem(self.code, message, tuple(path)),)
        self.subject = subject


class InvalidInput(DomainError):
    """The input is refused; `problems` lists each thing that is wrong with it."""

    @classmethod
    def of(cls, problems: Sequence[Problem]) -> InvalidInput:
        """One error that carries all `problems` (at least one)."""
        error = cls("; ".join(problem.message for problem in problems))
        error.problems = tuple(problems)
        return error


class Faults:
    """What is wrong with an input, gathered so that its caller hears of all of it at once.

    Whoever checks a part of the input does it within `noted`; `check` ends the gathering.
    """

    def __init__(self) -> None:
        self.problems: list[Problem] = []
        self._errors: list[DomainError] = []

    @contextmanager
    def noted(self, *prefix: str) -> Iterator[None]:
        """Note what a check raises, its path under `prefix`, and go on behind the block."""
        try:
            yield
        except (InvalidInput, LimitExceeded) as error:
            error.problems = tuple(problem.under(*prefix) for problem in error.problems)
            self.problems += error.problems
            self._errors.append(error)

    def check(self) -> None:
        """Raise InvalidInput with every fault, if there is any; a single error as it was raised."""
        if len(self._errors) == 1:
            raise self._errors[0]
        if self.problems:
            raise InvalidInput.of(self.problems)


class RequiredInput(InvalidInput):
    """A value that must be there is missing or null."""

    code = ErrorCode.REQUIRED


class NotFound(DomainError):
    """No such object, or none that this caller may see."""

    code = ErrorCode.NOT_FOUND


class AlreadyExists(DomainError):
    """The unique key is taken."""

    code = ErrorCode.ALREADY_EXISTS


class Conflict(DomainError):
    """The same idempotency key with other content, or an edit of something that has changed since."""

    code = ErrorCode.CONFLICT


class WrongState(DomainError):
    """The object's state does not allow this; `subject` is the object as it stands."""

    code = ErrorCode.WRONG_STATE


class Unauthenticated(DomainError):
    """No valid token came with the request."""

    code = ErrorCode.UNAUTHENTICATED


class NothingShown(Unauthenticated):
    """Whoever asks shows nothing that could say who they are: no stranger to what anybody may ask."""


class TokenExpired(Unauthenticated):
    """The token was good, and its time is over: a new one is needed."""


class Forbidden(DomainError):
    """The caller's role does not allow this."""

    code = ErrorCode.FORBIDDEN


class LimitExceeded(DomainError):
    """More than a stated limit."""

    code = ErrorCode.LIMIT_EXCEEDED


class RateLimited(DomainError):
    """The caller has used up its share of this moment; `retry_after_seconds` says when it has a new one."""

    code = ErrorCode.RATE_LIMITED

    def __init__(self, message: str, *, retry_after_seconds: int) -> None:
        super().__init__(message)
        self.retry_after_seconds = retry_after_seconds


class Unavailable(DomainError):
    """The deployment cannot do this now; `retry_after_seconds` says when to try again."""

    code = ErrorCode.UNAVAILABLE

    def __init__(self, message: str, *, retry_after_seconds: int = 5) -> None:
        super().__init__(message)
        self.retry_after_seconds = retry_after_seconds
