"""A row between a reader and its check: what may be in it, and what is said of a bad one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from msgspec import UNSET

from crm_graphql.core.errors import ErrorCode
from crm_graphql.ingestion.documents import IngestionKind

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
        fields=(
            "external_id",
            "name",
            "email",
            "phone",
            "city",
            "country",
            "tags",
            "total_spend",
            "visit_count",
            "last_visit_at",
            "signed_up_at",
        ),
        keys=(
            "customer_id",
            "name",
            "email",
            "phone",
            "city",
            "country",
            "tags",
            "total_spend",
            "visit_count",
            "last_visit_at",
            "signed_up_at",
        ),
        required=("customer_id",),
        aliases={
            "total_spends": "total_spend",
            "last_visit_date": "last_visit_at",
            "externalId": "customer_id",
            "totalSpend": "total_spend",
            "visitCount": "visit_count",
            "lastVisitAt": "last_visit_at",
            "signedUpAt": "signed_up_at",
        },
    ),
}

_SHARED_NAMES = frozenset({"customer_id", "externalId"})


def own_names(kind: IngestionKind) -> frozenset[str]:
    """The names that only a record of this kind has: by them a file at the wrong door is known."""
    layout = LAYOUTS[kind]
    return frozenset((*layout.keys, *layout.aliases)) - _SHARED_NAMES


def other_kind(kind: IngestionKind) -> IngestionKind:
    """The kind that the other door takes."""
    return IngestionKind.ORDERS if kind is IngestionKind.CUSTOMERS else IngestionKind.CUSTOMERS


def wrong_door(kind: IngestionKind) -> str:
    """The sentence for records that came as `kind` and are of the other one."""
    sent, right = kind.value.lower(), other_kind(kind).value.lower()
    return f"These are {right}, sent as {sent}. Send them to /ingest/{right} (crm import {right})."


def shown(value: Any) -> str | None:
    """A value as a row error repeats it: at most 100 characters, null when there was none."""
    if value is None or value is UNSET:
        return None
    if type(value) is bool:
        return "true" if value else "false"
    text = str(value)[:VALUE_CHARACTERS]
    return text.encode(errors="replace").decode()
