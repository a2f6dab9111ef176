"""Columns of custom fields: which there are, and how their cells are read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, tzinfo
from typing import Any

from msgspec import UNSET

from crm_graphql.custom_fields.definitions import PREFIX, Definition, Definitions
from crm_graphql.custom_fields.documents import CustomFieldType
from crm_graphql.imports.cells import Column, Moments, Numbers, Reader, Refused, Texts
from crm_graphql.imports.fields.field import ImportField
from crm_graphql.imports.plans import ImportOptions

JSON_ONLY = frozenset({"custom", "metadata"})
"""Fields that hold an object: a column of a table is none of them for its heading alone."""

_EXAMPLES = {
    CustomFieldType.TEXT: "Gold",
    CustomFieldType.NUMBER: "12.5",
    CustomFieldType.DATE: "2024-06-30",
    CustomFieldType.BOOLEAN: "yes",
}


def names_of_type(custom: Definitions, type_: CustomFieldType) -> frozenset[str]:
    """The names in files of the fields of a type."""
    return frozenset(field.name for field in custom.values() if field.type is type_)


def key_in(heading: str) -> str | None:
    """The key that a heading custom.<key> names, in any case of its letters; None for another heading."""
    name = heading.strip().lower()
    return name.removeprefix(PREFIX).strip() if name.startswith(PREFIX) else None


def import_fields(custom: Definitions) -> Sequence[ImportField]:
    """The fields as a listing of what a file may bring shows them."""
    return [
        ImportField(
            field.name,
            field.label,
            "A custom field; several options separated by a comma or semicolon."
            if field.options
            else f"A custom field of the type {field.type.value}.",
            (),
            "; ".join((field.options or ())[:2]) or _EXAMPLES[field.type],
        )
        for field in custom.values()
    ]


@dataclass(frozen=True, slots=True)
class Days:
    """Reads a column of days. A moment stays one: which day it is, the check says by the deployment's zone.
    `zone` is that of times without an offset."""

    moments: Moments

    def is_plain(self, column: Column) -> bool:
        """Whether the column needs no reading."""
        return self.moments.is_plain(column)

    def __call__(self, column: Column) -> Column:
        """Texts like 2024-06-30, moments, Refused; what has no digit is left to the checks."""
        if self.is_plain(column):
            return column
        return [self._read(cell) for cell in column]

    def _read(self, cell: Any) -> Any:
        (found,) = self.moments([cell])
        if not isinstance(found, datetime):
            return found
        has_time = ":" in cell if isinstance(cell, str) else _has_time(cell, found)
        return found if has_time else found.date().isoformat()


def _has_time(cell: Any, found: datetime) -> bool:
    at = cell if isinstance(cell, datetime) else found
    return not isinstance(cell, date) or (isinstance(cell, datetime) and at.time() != time())


def readers_of(
    field: Definition, heading: str, options: ImportOptions, *, currency: str, zone: tzinfo, is_workbook: bool
) -> list[Reader]:
    """How the cells of the field's column are read."""
    if field.type is CustomFieldType.NUMBER:
        return [Numbers(heading, options.decimal_comma, currency)]
    if field.type is CustomFieldType.DATE:
        return [Days(Moments(heading, options.date_order, zone))]
    return [Texts()] if is_workbook else []


def together(whole: Column, columns: Sequence[tuple[str, Column]], *, keeps_blank: bool) -> Sequence[Any]:
    """One object of values a row, of a column that holds the whole and of those of single fields, by key.
    UNSET where a row gives none, Refused where a cell cannot be read."""
    made: list[Any] = []
    for index, given in enumerate(whole):
        found: dict[str, Any] = dict(given) if isinstance(given, dict) else {}
        refused = next((cells[index] for _, cells in columns if type(cells[index]) is Refused), None)
        for key, cells in columns:
            cell = cells[index]
            if cell is not UNSET and (keeps_blank or (cell is not None and cell != "")):
                found[key] = cell
        is_other = given is not UNSET and not isinstance(given, dict) and not found
        made.append(refused or (given if is_other else found or UNSET))
    return made
