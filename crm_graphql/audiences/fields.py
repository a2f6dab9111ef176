"""The fields that a rule may name, their types, and the operators that each type knows."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, NamedTuple

from crm_graphql.core.channels import EMAIL, PHONE, Channel, reaches
from crm_graphql.core.ids import encode_id
from crm_graphql.customers.words import ConsentStatus


class RuleFieldType(Enum):
    """What kind of value a field holds."""

    NUMBER = "NUMBER"
    MONEY = "MONEY"
    TEXT = "TEXT"
    DATE_TIME = "DATE_TIME"
    BOOLEAN = "BOOLEAN"
    LIST = "LIST"


class RuleOperator(Enum):
    """How a field is compared. A comparison with a value that is not set is false."""

    EQ = "EQ"
    NE = "NE"
    GT = "GT"
    GTE = "GTE"
    LT = "LT"
    LTE = "LTE"
    BETWEEN = "BETWEEN"
    IN = "IN"
    NOT_IN = "NOT_IN"
    CONTAINS = "CONTAINS"
    NOT_CONTAINS = "NOT_CONTAINS"
    STARTS_WITH = "STARTS_WITH"
    IS_SET = "IS_SET"
    NOT_SET = "NOT_SET"
    WITHIN_LAST = "WITHIN_LAST"
    NOT_WITHIN_LAST = "NOT_WITHIN_LAST"


class RuleReading(Enum):
    """What a text of a rule is compared as."""

    FOLDED = "FOLDED"
    """Without regard to case."""
    EXACT = "EXACT"
    """As it is where it is compared by equality: two spellings are two values."""
    EMAIL = "EMAIL"
    """Without invisible signs, and without regard to case."""
    PHONE = "PHONE"
    """As the number that ingestion makes of it."""
    COUNTRY = "COUNTRY"
    """As any of the country's names."""
    GROUP = "GROUP"
    """As the global id of a group."""


class RuleValueShape(Enum):
    """What an operator wants as its value."""

    NONE = "NONE"
    ONE = "ONE"
    LIST = "LIST"
    RANGE = "RANGE"
    DURATION = "DURATION"


TWINS: Mapping[RuleOperator, RuleOperator] = {
    RuleOperator.NE: RuleOperator.EQ,
    RuleOperator.NOT_IN: RuleOperator.IN,
    RuleOperator.NOT_CONTAINS: RuleOperator.CONTAINS,
    RuleOperator.NOT_SET: RuleOperator.IS_SET,
    RuleOperator.NOT_WITHIN_LAST: RuleOperator.WITHIN_LAST,
}
"""For each negating operator the one whose exact negation it is."""

_SHAPES: Mapping[RuleOperator, RuleValueShape] = {
    RuleOperator.BETWEEN: RuleValueShape.RANGE,
    RuleOperator.IN: RuleValueShape.LIST,
    RuleOperator.IS_SET: RuleValueShape.NONE,
    RuleOperator.WITHIN_LAST: RuleValueShape.DURATION,
}

_EQUALITY = (RuleOperator.EQ, RuleOperator.NE)
_ORDER = (RuleOperator.GT, RuleOperator.GTE, RuleOperator.LT, RuleOperator.LTE, RuleOperator.BETWEEN)
_MEMBERSHIP = (RuleOperator.IN, RuleOperator.NOT_IN)
_CONTAINMENT = (RuleOperator.CONTAINS, RuleOperator.NOT_CONTAINS)
_PRESENCE = (RuleOperator.IS_SET, RuleOperator.NOT_SET)
_RECENCY = (RuleOperator.WITHIN_LAST, RuleOperator.NOT_WITHIN_LAST)

OPERATORS: Mapping[RuleFieldType, tuple[RuleOperator, ...]] = {
    RuleFieldType.NUMBER: (*_EQUALITY, *_ORDER, *_MEMBERSHIP, *_PRESENCE),
    RuleFieldType.MONEY: (*_EQUALITY, *_ORDER, *_MEMBERSHIP, *_PRESENCE),
    RuleFieldType.TEXT: (*_EQUALITY, *_MEMBERSHIP, *_CONTAINMENT, RuleOperator.STARTS_WITH, *_PRESENCE),
    RuleFieldType.DATE_TIME: (*_RECENCY, *_ORDER, *_EQUALITY, *_PRESENCE),
    RuleFieldType.BOOLEAN: (*_EQUALITY, *_PRESENCE),
    RuleFieldType.LIST: (*_CONTAINMENT, *_MEMBERSHIP, *_PRESENCE),
}
"""What each type of field can be asked, in the order a rule builder offers it."""


EQUALITY = frozenset({RuleOperator.EQ, RuleOperator.NE, RuleOperator.IN, RuleOperator.NOT_IN})
"""The operators that compare with a whole value."""


def value_shape(operator: RuleOperator) -> RuleValueShape:
    """What `operator` wants as its value."""
    return _SHAPES.get(TWINS.get(operator, operator), RuleValueShape.ONE)


class Default(NamedTuple):
    """What a field counts as where a customer has no value: as people read it, and as it is compared."""

    shown: Any
    compared: Any


@dataclass(frozen=True, slots=True)
class RuleField:
    """A field that a rule may name. `path` is where the compared value lies in the customer's document."""

    name: str
    label: str
    section: str
    type: RuleFieldType
    path: tuple[str, ...]
    presence: tuple[str, tuple[int, ...]] | None = None
    """Another field of the document, and its values with which this one is set: a shorter way to ask."""
    reading: RuleReading = RuleReading.FOLDED
    exact_path: tuple[str, ...] | None = None
    """Where the value lies that is compared by equality, when it is not `path`."""
    options: tuple[str, ...] | None = None
    """The only values that there are, where they are few and known beforehand."""
    choices: Mapping[str, str] | None = field(default=None, hash=False)
    """Where values are ids: what people call each."""
    takes_others: bool = False
    """Whether a value may be none of `choices`: a stored rule stays one when a group goes."""
    default: Default | None = None
    shown_path: tuple[str, ...] | None = None
    """Where the value lies as it was given, when that is not `path` without its folded case."""
    has_decimals: bool = False
    """Of a NUMBER: whether its values may have decimals."""
    is_day: bool = False
    """Of a DATE_TIME: whether its values are days without a time."""

    def path_for(self, operator: RuleOperator) -> tuple[str, ...]:
        """Where the value lies that `operator` compares: from this table alone, never from a caller."""
        return self.exact_path if self.exact_path and operator in EQUALITY else self.path


RuleFields = Mapping[str, RuleField]

_CONSENT = re.compile(rf"consent\.([a-z0-9_]{{1,80}})\.({'|'.join(Channel.__members__)})", re.ASCII)
_CHANNEL_NAMES = {"EMAIL": "email", "SMS": "SMS", "WHATSAPP": "WhatsApp"}

_MONEY, _NUMBER, _MOMENT = RuleFieldType.MONEY, RuleFieldType.NUMBER, RuleFieldType.DATE_TIME
_TEXT, _LIST = RuleFieldType.TEXT, RuleFieldType.LIST

_CUSTOMER_FIELDS = (
    RuleField("totalSpend", "Total spend", "Spending and visits", _MONEY, ("total_spend",)),
    RuleField("visitCount", "Visit count", "Spending and visits", _NUMBER, ("visit_count",)),
    RuleField("firstVisitAt", "First visit", "Spending and visits", _MOMENT, ("first_visit_at",)),
    RuleField("lastVisitAt", "Last visit", "Spending and visits", _MOMENT, ("last_visit_at",)),
    RuleField("name", "Name", "Profile", _TEXT, ("folded", "name")),
    RuleField(
        "email", "Email", "Profile", _TEXT, ("folded", "email"), ("reach", reaches(EMAIL)), RuleReading.EMAIL
    ),
    RuleField(
        "phone", "Phone", "Profile", _TEXT, ("folded", "phone"), ("reach", reaches(PHONE)), RuleReading.PHONE
    ),
    RuleField("city", "City", "Profile", _TEXT, ("folded", "city")),
    RuleField("country", "Country", "Profile", _TEXT, ("folded", "country"), reading=RuleReading.COUNTRY),
    RuleField("timeZone", "Time zone", "Profile", _TEXT, ("folded", "time_zone")),
    RuleField("tags", "Tags", "Profile", _LIST, ("folded", "tags")),
    RuleField(
        *("suppressed", "Suppressed on", "Consent", _LIST, ("folded", "suppressed")),
        options=tuple(channel.value for channel in Channel),
    ),
    RuleField(
        *("externalId", "External id", "Record", _TEXT, ("folded", "external_id")),
        reading=RuleReading.EXACT,
        exact_path=("external_id",),
    ),
    RuleField("createdAt", "Created", "Record", _MOMENT, ("created_at",)),
)


GROUP = "group"
"""The name of the field that asks for groups."""


class CustomerFields(Mapping[str, RuleField]):
    """The fields that every deployment has, `group`, and `consent.<slug>.<channel>` of topics.

    Without `topics`, which has the names of those that there are by their slugs, a topic's field is known by
    its form alone: a stored rule that names a topic stays a rule, whatever becomes of the topic. So it is
    with groups and with `groups`, which has their names by their keys.
    """

    def __init__(
        self,
        fields: Iterable[RuleField],
        topics: Mapping[str, str] | None = None,
        groups: Mapping[str, str] | None = None,
    ) -> None:
        self._fields = {field.name: field for field in fields}
        if groups is not None:
            self._fields[GROUP] = group_field(groups, takes_others=topics is None)
        self._is_open = topics is None
        for slug, name in (topics or {}).items():
            for channel in Channel:
                field = consent_field(f"consent.{slug}.{channel.value}", name)
                self._fields[field.name] = field

    def __getitem__(self, name: str) -> RuleField:
        if name in self._fields or not self._is_open:
            return self._fields[name]
        return group_field() if name == GROUP else consent_field(name)

    def __iter__(self) -> Iterator[str]:
        return iter(self._fields)

    def __len__(self) -> int:
        return len(self._fields)


def fields_with(
    topics: Mapping[str, str], groups: Mapping[str, str], custom: Iterable[RuleField] = ()
) -> RuleFields:
    """The fields of customers where there are these topics, groups and custom fields and no others: the
    topics' names by their slugs, the groups' by their keys."""
    return CustomerFields((*_CUSTOMER_FIELDS, *custom), topics, groups)


def stored_fields(groups: Mapping[str, str] | None, custom: Iterable[RuleField] = ()) -> RuleFields:
    """The fields of a stored rule, whatever became of topics, with the names of groups for people, and the
    custom fields that it names."""
    return CustomerFields((*_CUSTOMER_FIELDS, *custom), groups=groups)


def group_field(names: Mapping[str, str] | None = None, *, takes_others: bool = True) -> RuleField:
    """The field of groups, with their names by their keys where they are known; of others where it may."""
    choices = None if names is None else {encode_id("Group", key): name for key, name in names.items()}
    return RuleField(
        *(GROUP, "Groups", "Profile", _LIST, ("folded", "groups")),
        reading=RuleReading.GROUP,
        choices=choices,
        takes_others=takes_others,
    )


def consent_field(name: str, topic: str | None = None) -> RuleField:
    """The field of a topic and channel, with the topic's name for people where it is known. Raises KeyError
    for a name of another form."""
    match = _CONSENT.fullmatch(name)
    if match is None:
        raise KeyError(name)
    slug, channel = match.groups()
    label = f"Consent to {topic or slug.replace('_', ' ')} by {_CHANNEL_NAMES[channel]}"
    return RuleField(
        *(name, label, "Consent", _TEXT, ("folded", "consent", slug, channel)),
        options=tuple(status.value for status in ConsentStatus),
    )


CUSTOMER_FIELDS: RuleFields = CustomerFields(_CUSTOMER_FIELDS)
