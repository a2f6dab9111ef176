"""Errors as a client sees them: in a mutation's payload, or top-level with a code."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import strawberry
import structlog
from graphql import GraphQLError

from crm_graphql.bus.port import BusError
from crm_graphql.core.errors import (
    DomainError,
    ErrorCode,
    Forbidden,
    NotFound,
    Problem,
    RateLimited,
    Unauthenticated,
    Unavailable,
)
from crm_graphql.gql.enums import describe_enum
from crm_graphql.mongo.deadlines import passed_deadline
from crm_graphql.mongo.transient import is_transient

log = structlog.get_logger()

describe_enum(
    ErrorCode,
    "Why a request, or one row of it, was refused.",
    {
        "INVALID": "The value is not allowed here.",
        "REQUIRED": "A value is missing, or null where one must be.",
        "NOT_FOUND": "There is no such object, or none that the caller may see.",
        "ALREADY_EXISTS": "The unique key is taken.",
        "CONFLICT": "The same idempotency key with other content, or an edit of what has changed since.",
        "WRONG_STATE": "The object's state does not allow this.",
        "UNAUTHENTICATED": "No valid token came with the request.",
        "FORBIDDEN": "The caller's role does not allow this.",
        "LIMIT_EXCEEDED": "More than a stated limit.",
        "RATE_LIMITED": "Too many requests; try again later.",
        "UNAVAILABLE": "The server cannot do this now; try again later.",
    },
)


@strawberry.type(description="One thing that is wrong with an input, for the caller to mend.")
class UserError:
    path: list[str] = strawberry.field(
        description='Where in the input, e.g. ["rule", "all", "1", "where", "value"].'
    )
    code: ErrorCode = strawberry.field(description="What kind of problem it is.")
    message: str = strawberry.field(description="A sentence that says what is wrong and what to do.")
    line: int | None = strawberry.field(description="The line within a text, from 1, for templates.")
    column: int | None = strawberry.field(description="The column within that line, from 1.")

    @classmethod
    def from_problem(cls, problem: Problem) -> UserError:
        """The problem as a client sees it."""
        return cls(
            path=list(problem.path),
            code=problem.code,
            message=problem.message,
            line=problem.line,
            column=problem.column,
        )


@dataclass(frozen=True, slots=True)
class Note:
    """For the audit alone: the object's global id, and the reason where what looks like success was none."""

    subject_id: str | None
    code: ErrorCode | None = None


@strawberry.type
class Payload:
    """Base of all mutation payloads. Every other field of a payload has a default for a failure."""

    errors: list[UserError] = strawberry.field(
        default_factory=list, description="What the caller can mend; empty when all went well."
    )
    note: strawberry.Private[Note | None] = None
    """What the audit records where the payload does not show it."""

    @classmethod
    def failed(cls, error: DomainError) -> Self:
        """The payload of a mutation that `error` ended."""
        return cls(errors=[UserError.from_problem(problem) for problem in error.problems])


def top_level_code(original: BaseException | None) -> str:
    """The `extensions.code` of an error outside a payload."""
    if original is None or isinstance(original, GraphQLError):
        return "BAD_USER_INPUT"
    if isinstance(original, Unauthenticated | Forbidden | NotFound | RateLimited | Unavailable):
        return original.code.value
    if isinstance(original, DomainError):
        return "BAD_USER_INPUT"
    if isinstance(original, BusError) or is_transient(original):
        return "UNAVAILABLE"
    return "INTERNAL"


def coded(error: GraphQLError, request_id: str) -> GraphQLError:
    """The error as a caller may see it: with its code, and for an internal one only the request id.

    Call it once an error: it also writes what the caller does not see to the log.
    """
    original = error.original_error
    code = (error.extensions or {}).get("code") or top_level_code(original)
    extensions = {**(error.extensions or {}), "code": code}
    message = error.message
    if code == "INTERNAL":
        log.error("request failed", exc_info=original, path=error.path)
        message = f"Something went wrong on the server. Its log says what, under {request_id}."
        extensions["requestId"] = request_id
    elif code == "UNAVAILABLE":
        log.warning("a server behind this one is away", error=repr(original))
        if passed_deadline(original):
            message = (
                "This takes too long to read (CRM_READ_TIMEOUT_SECONDS). Narrow the filter or the rule, or "
                "ask for less at once. Should the server be busy, try again in some seconds."
            )
        elif not isinstance(original, Unavailable):
            message = "The database or the broker cannot be reached. Try again in some seconds."
    elif isinstance(original, DomainError) and original.problems[0].path:
        extensions["inputPath"] = list(original.problems[0].path)
    return GraphQLError(
        message=message,
        nodes=error.nodes,
        source=error.source,
        positions=error.positions,
        path=error.path,
        extensions=extensions,
    )
