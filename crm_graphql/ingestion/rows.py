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
class RowProblem:
    """Why a row is refused: the first thing that is wrong with it."""

    code: ErrorCode
    message: str
    field: str | None = None
    value: str | None = None
    external_id: str | None = None


InputRow = Values | RowProblem


@dataclass(frozen=True, slots=True)
class Layout:
    """The fields of one kind of record. `keys` are their names in files and HTTP bodies."""

    fields: tuple[str, ...]
    keys: tuple[str, ...]
    required: tuple[str, ...]
    aliases: dict[str, str]


LAYOUTS = {
    IngestionKind.ORDERS: Layout(
        fields=("external_id", "customer_external_id", "amount", "ordered_at", "currency", "quantity"),
        keys=("order_id", "customer_id", "amount", "ordered_at", "currency", "quantity"),
        required=("order_id", "customer_id", "amount", "ordered_at"),
        aliases={"order_amount": "amount", "order_date": "ordered_at"},
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
        aliases={"total_spends": "total_spend", "last_visit_date": "last_visit_at"},
    ),
}


def shown(value: Any) -> str | None:
    """A value as a row error repeats it: at most 100 characters, null when there was none."""
    if value is None or value is UNSET:
        return None
    if type(value) is bool:
        return "true" if value else "false"
    text = str(value)[:VALUE_CHARACTERS]
    return text.encode(errors="replace").decode()
