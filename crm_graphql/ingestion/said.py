"""Words in a row: what a record says that its customer said, checked against the topics that there are."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import Enum
from typing import Any, NamedTuple, TypeVar

from msgspec import UNSET

from crm_graphql.core.channels import Channel
from crm_graphql.customers.records import SaidWord
from crm_graphql.customers.words import ConsentStatus
from crm_graphql.ingestion.values import BadValue, moment

SOURCE = "import"
WORDS = 500
"""In one record."""
_KEYS = frozenset({"topic", "channel", "status", "at", "is_opt_out"})

E = TypeVar("E", bound=Enum)


class TopicNeeded(Exception):
    """A row speaks of a topic that is to be made: do so, note it by its name in folded case, check again."""

    def __init__(self, name: str, *, is_opt_out: bool = False) -> None:
        super().__init__(name)
        self.name = name
        self.is_opt_out = is_opt_out


class TopicName(NamedTuple):
    """What a record's words need of a topic."""

    id: str
    slug: str


def said_words(
    value: Any, topics: Mapping[str, TopicName], *, begun_at: datetime, latest: datetime
) -> tuple[SaidWord, ...]:
    """The words in a list of objects with topic (by name), channel, status and, optionally, at.

    One without `at` counts as said when the ingestion began, and as undated. Raises BadValue: a record whose
    words cannot be kept is refused whole, for it would bring in a person without their no. Raises TopicNeeded
    for a topic that is not there where the record says what it is to be (is_opt_out).
    """
    if not isinstance(value, list | tuple) or len(value) > WORDS:
        raise BadValue(f"is no list of at most {WORDS} objects with topic, channel, status and at.")
    return tuple(
        _word(one, f"[{index}]", topics, begun_at=begun_at, latest=latest) for index, one in enumerate(value)
    )


def _word(
    one: Any, where: str, topics: Mapping[str, TopicName], *, begun_at: datetime, latest: datetime
) -> SaidWord:
    if not isinstance(one, Mapping):
        raise BadValue(f"{where} is no object with topic, channel, status and at.")
    if unknown := sorted(set(map(str, one)) - _KEYS):
        raise BadValue(f"{where} has {unknown[0][:40]!r}; it takes topic, channel, status and at.")
    name = one.get("topic")
    if name is None or name == "":
        raise BadValue(f"{where} has no topic. Name one.")
    topic = topics.get(name.strip().casefold()) if type(name) is str else None
    is_opt_out = one.get("is_opt_out")
    if topic is None and type(is_opt_out) is bool and type(name) is str:
        # As an export says it: nobody has mistyped a name there.
        raise TopicNeeded(name, is_opt_out=is_opt_out)
    if topic is None:
        raise BadValue(f"{where} names no topic: {str(name)[:60]!r}. Make it first (topicCreate).")
    at = one.get("at", UNSET)
    is_dated = at is not UNSET and at is not None and at != ""
    try:
        said_at = moment(at, latest) if is_dated else begun_at
    except BadValue as error:
        raise BadValue(f"{where}.at {error}") from None
    return SaidWord(
        topic.id,
        topic.slug,
        _member(Channel, one.get("channel"), f"{where}.channel"),
        _member(ConsentStatus, one.get("status"), f"{where}.status"),
        said_at,
        SOURCE,
        is_dated,
    )


def _member(enum: type[E], value: Any, where: str) -> E:
    if value is None or value == "":
        raise BadValue(f"{where} is missing.")
    name = value.value if isinstance(value, enum) else value
    try:
        return enum(name.strip().upper() if type(name) is str else name)
    except ValueError:
        known = ", ".join(member.value for member in enum)
        raise BadValue(f"{where} is none of {known}.") from None
