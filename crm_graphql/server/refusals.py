"""Refusals of GraphQL requests, before anything of them was executed."""

from __future__ import annotations

from collections.abc import Iterable
from enum import Enum
from typing import Any

from graphql import GraphQLError

MESSAGE_LIMIT = 500
"""Characters of a message: a name in it may be as long as the document."""


class Refusal(Enum):
    """What stands against the request. All of them are the caller's; HTTP_STATUS has their status."""

    BODY = "the body is not JSON"
    TOO_LARGE = "the body is larger than the limit"
    TOO_SLOW = "the body took too long to come"
    ENCODING = "the body is packed in a way that is not taken"
    REQUEST = "its shape is not that of a GraphQL request"
    SYNTAX = "the document cannot be parsed"
    VALIDATION = "the document does not fit the schema"
    OPERATION = "the document has no such operation"
    LIMIT = "a limit of this deployment is passed"
    INTROSPECTION = "the caller may not read the schema"
    PERSISTED = "no document is known by the hash, or it does not belong to it"
    UNTRUSTED = "the document is not on the deployment's list"
    RATE = "the caller's share of this minute is used up"


HTTP_STATUS = {Refusal.TOO_LARGE: 413, Refusal.TOO_SLOW: 408, Refusal.ENCODING: 415, Refusal.RATE: 429}
"""Where it is not 400."""

UNDER_ANY_TYPE = frozenset({*HTTP_STATUS, Refusal.BODY, Refusal.REQUEST})
"""What has its status whatever the media type of the answer: what is no GraphQL request at all, and what may
run later. The others are answered with 200 by the rules of application/json."""


class RequestError(Exception):
    """The request is refused. `errors` (at least one) are for the client, each with its code."""

    def __init__(self, refusal: Refusal, errors: Iterable[GraphQLError]) -> None:
        self.refusal = refusal
        self.errors = list(errors)
        super().__init__(self.errors[0].message)

    @property
    def status(self) -> int:
        """The HTTP status, where the protocol has no other for it."""
        return HTTP_STATUS.get(self.refusal, 400)

    @classmethod
    def of(cls, refusal: Refusal, message: str, code: str, **extensions: Any) -> RequestError:
        """A refusal with one error."""
        return cls(refusal, [GraphQLError(message, extensions={"code": code, **extensions})])


def bad_input(refusal: Refusal, errors: Iterable[GraphQLError]) -> RequestError:
    """A refusal that passes on what graphql-core found, with the code BAD_USER_INPUT where there is none."""
    return RequestError(refusal, [_coded(error) for error in errors])


def over_limit(finding: str, value: int, limit: int, setting: str, advice: str) -> RequestError:
    """A refusal that says the limit, the value and the setting, in words and for programs."""
    variable = f"CRM_{setting.upper()}"
    message = f"{finding}; at most {limit} are allowed here ({variable}). {advice}"
    return RequestError.of(Refusal.LIMIT, message, "TOO_COMPLEX", limit=limit, value=value, setting=variable)


def _coded(error: GraphQLError) -> GraphQLError:
    message = error.message
    if len(message) > MESSAGE_LIMIT:
        message = f"{message[: MESSAGE_LIMIT - 3]}..."
    return GraphQLError(
        message,
        nodes=error.nodes,
        source=error.source,
        positions=error.positions,
        extensions={"code": "BAD_USER_INPUT", **(error.extensions or {})},
    )
