"""A row between a reader and its check: what may be in it, and what is said of a bad one."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from msgspec import UNSET

from crm_graphql.core.errors import ErrorCode
from crm_graphql.imports.kinds import IngestionKind

VALUE_CHARACTERS = 100

Values = tuple[Any, ...]
"""A row's values in the order of its kind's fields; UNSET for what it does not give."""


@dataclass(frozen=True, slots=True)
class Misfit:
    """A value of no type that its field takes, as a person reads it. Every check refuses it."""

    text: str

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True, slots=True)
class RowProblem:
    """Why a row is refused: the first thing that is wrong with it."""

    code: ErrorCode
    message: str
    field: str | None = None
    value: str | None = None
    external_id: str | None = None


InputRow = Values | RowProblem


@dataclass(frozen=True, slots=True)
class Incomplete:
    """A record that is taken without some of its fields, and what was wrong with these."""

    record: Any
    problem: RowProblem


@dataclass(frozen=True, slots=True)
class Layout:
    """The fields of one kind of record. `keys` are their names in files and HTTP bodies; `aliases` further
    ones, among them those of the mutation."""

    fields: tuple[str, ...]
    keys: tuple[str, ...]
    required: tuple[str, ...]
    aliases: dict[str, str]


_OF_CUSTOMERS = (
    "name",
    "email",
    "phone",
    "city",
    "country",
    "time_zone",
    "tags",
    "total_spend",
    "visit_count",
    "last_visit_at",
    "signed_up_at",
    "is_tracked",
    "source_id",
    "consents",
    "custom",
    "metadata",
)
"""Fields of customers that have one name in files and in mutations but for its case."""

LAYOUTS = {
    IngestionKind.ORDERS: Layout(
        fields=("external_id", "customer_external_id", "amount", "ordered_at", "currency", "quantity"),
        keys=("order_id", "customer_id", "amount", "ordered_at", "currency", "quantity"),
        required=("order_id", "customer_id", "amount", "ordered_at"),
        aliases={
            "order_amount": "amount",
            "order_date": "ordered_at",
            "externalId": "order_id",
            "customerExternalId": "customer_id",
            "orderedAt": "ordered_at",
        },
    ),
    IngestionKind.CUSTOMERS: Layout(
        fields=("external_id", *_OF_CUSTOMERS),
        keys=("customer_id", *_OF_CUSTOMERS),
        required=("customer_id",),
        aliases={
            "total_spends": "total_spend",
            "last_visit_date": "last_visit_at",
            "externalId": "customer_id",
            "totalSpend": "total_spend",
            "visitCount": "visit_count",
            "lastVisitAt": "last_visit_at",
            "signedUpAt": "signed_up_at",
            "sourceId": "source_id",
            "timeZone": "time_zone",
            "isTracked": "is_tracked",
            "customFields": "custom",
        },
    ),
    IngestionKind.SUPPRESSIONS: Layout(
        fields=("address", "channel", "reason", "at"),
        keys=("address", "channel", "reason", "created_at"),
        required=("address",),
        # A plain list of addresses, as other senders export it.
        aliases={"createdAt": "created_at", "email": "address", "phone": "address"},
    ),
}

_SHARED_NAMES = {
    IngestionKind.ORDERS: frozenset({"customer_id", "externalId"}),
    # Whatever an order is, it may have metadata.
    IngestionKind.CUSTOMERS: frozenset({"customer_id", "externalId", "custom", "customFields", "metadata"}),
    # Customers have addresses too, and a street may be called one.
    IngestionKind.SUPPRESSIONS: frozenset({"address", "email", "phone", "created_at", "createdAt"}),
}


def own_names(kind: IngestionKind) -> frozenset[str]:
    """The names that only a record of this kind has: by them a file at the wrong door is known."""
    layout = LAYOUTS[kind]
    return frozenset((*layout.keys, *layout.aliases)) - _SHARED_NAMES[kind]


def kind_named(names: Collection[str], kind: IngestionKind) -> IngestionKind | None:
    """The other kind whose names alone are among these, sent as records of `kind`; None where there is none
    such, or a name of the kind itself. `names` are as they were sent, case apart."""
    given = {name.lower() for name in names}
    layout = LAYOUTS[kind]
    own = {name.lower() for name in own_names(kind)}
    if given & own:
        return None
    known = {name.lower() for name in (*layout.keys, *layout.aliases)}
    for other in IngestionKind:
        if other is not kind and given & ({name.lower() for name in own_names(other)} - known):
            return other
    return None


def foreign_names(kind: IngestionKind) -> Sequence[str]:
    """The names by which records of the other kinds are known, as far as `kind` has them not."""
    layout = LAYOUTS[kind]
    others = {name for other in IngestionKind if other is not kind for name in own_names(other)}
    return sorted(others - {*layout.keys, *layout.aliases})


def wrong_door(kind: IngestionKind, right: IngestionKind) -> str:
    """The sentence for records that came as `kind` and are of `right`."""
    sent, door = kind.value.lower(), right.value.lower()
    return f"These are {door}, sent as {sent}. Send them to /ingest/{door} (crm import {door})."


def shown(value: Any) -> str | None:
    """A value as a row error repeats it: at most 100 characters, null when there was none."""
    if value is None or value is UNSET:
        return None
    if type(value) is bool:
        return "true" if value else "false"
    text = str(value)[:VALUE_CHARACTERS]
    return text.encode(errors="replace").decode()
