"""The audit's word on a mutation: who, its name, which object, whether it succeeded. Never what was in it."""

from __future__ import annotations

import dataclasses
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

from crm_graphql.audit.service import record
from crm_graphql.core.actor import Actor, ActorKind, Role
from crm_graphql.core.errors import DomainError
from crm_graphql.core.ids import decode_id
from crm_graphql.gql.context import Info
from crm_graphql.gql.errors import Payload
from crm_graphql.gql.node import Node


class Outcome:
    """Filled while a mutation runs."""

    def __init__(self, given_subject: object) -> None:
        """`given_subject` is what the input says of the object that it means, whatever that is."""
        self._given = given_subject
        self.code: str | None = None
        self.subject_id: str | None = None
        self.is_news = True
        """False for what is one of many of its kind, such as the thousandth guess that was not looked at."""
        self.user: Node | None = None
        """Who came in by it."""

    def of(self, payload: Payload) -> Payload:
        """Take in what the payload says, and return it."""
        fields = {field.name: getattr(payload, field.name) for field in dataclasses.fields(payload)}
        nodes = [value for value in fields.values() if isinstance(value, Node)]
        self.subject_id = str(nodes[0].id) if nodes else self.subject_id
        self.user = next((node for node in nodes if type(node).__name__ == "User"), None)
        if payload.errors:
            self.code = payload.errors[0].code.value
        if payload.note is not None:
            self.subject_id = payload.note.subject_id
            self.code = payload.note.code.value if payload.note.code else self.code
        return payload

    def failed(self, error: DomainError) -> None:
        """Take in why it failed."""
        self.code = error.problems[0].code.value
        self.is_news = getattr(error, "is_news", True)
        if isinstance(error.subject, str):
            self.subject_id = error.subject

    def given_subject(self) -> str | None:
        """The object that the input names, if that is an id at all."""
        return self._given if isinstance(self._given, str) and _is_id(self._given) else None


@asynccontextmanager
async def audited(info: Info, arguments: Mapping[str, Any], subject: str | None) -> AsyncIterator[Outcome]:
    """Record the mutation when it is over, whatever became of it.

    `subject` is the attribute of the input that names the object by its global id, if one does.
    """
    outcome = Outcome(getattr(arguments.get("input"), subject, None) if subject else None)
    try:
        yield outcome
    except DomainError:
        raise
    except BaseException:
        outcome.code = "INTERNAL"
        raise
    finally:
        if outcome.is_news:
            await _record(info, outcome)


async def _record(info: Info, outcome: Outcome) -> None:
    context = info.context
    await record(
        context.identity if isinstance(context.identity, Actor) else _arrived(outcome),
        info.field_name,
        subject_id=outcome.subject_id or outcome.given_subject(),
        succeeded=outcome.code is None,
        code=outcome.code,
        ip_address=context.origin.address,
        settings=context.resources.settings,
        clock=context.resources.clock,
    )


def _arrived(outcome: Outcome) -> Actor | None:
    """Who was nobody before and came in by this mutation."""
    user: Any = outcome.user
    if user is None:
        return None
    _, key = decode_id(str(user.id))
    return Actor(Role.VIEWER, str(key), kind=ActorKind.USER, name=user.email, user_id=key)


def _is_id(text: str) -> bool:
    try:
        decode_id(text)
    except DomainError:
        return False
    return True
