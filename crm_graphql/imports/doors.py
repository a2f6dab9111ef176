"""Doors of imports: by its headings a file is known that came to the one of another kind."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from msgspec import UNSET

from crm_graphql.core.errors import ErrorCode
from crm_graphql.imports import presets
from crm_graphql.imports.fields import field_names, fields_by_heading, folded
from crm_graphql.imports.kinds import IngestionKind
from crm_graphql.imports.rows import RowProblem, foreign_names, kind_named, wrong_door
from crm_graphql.imports.tables import Cells

_PAIR = {
    IngestionKind.CUSTOMERS: IngestionKind.ORDERS,
    IngestionKind.ORDERS: IngestionKind.CUSTOMERS,
}
_ORDER = frozenset({"order_id", "amount", "ordered_at"})
_TELLING = {
    IngestionKind.CUSTOMERS: field_names(IngestionKind.CUSTOMERS) - {"customer_id", "source_id"},
    IngestionKind.ORDERS: frozenset({"order_id", "amount", "line_amount"}),
}
"""The fields that show a file to be of its kind, whatever else is in it."""


def right_door(kind: IngestionKind, headings: Sequence[str]) -> IngestionKind | None:
    """The other kind of which a file under these headings is; None where it may be of `kind`."""
    names = [heading.strip() for heading in headings]
    other = _PAIR.get(kind)
    if other is None:
        return kind_named(names, kind)
    if presets.recognised(names, kind) is not None:
        return None
    if presets.recognised(names, other) is not None:
        return other
    own = _fields(kind, names)
    if kind is IngestionKind.CUSTOMERS and _fields(other, names) >= _ORDER:
        return other
    return None if own & _TELLING[kind] else kind_named(names, kind)


def _fields(kind: IngestionKind, names: Sequence[str]) -> frozenset[str]:
    aliases = fields_by_heading(kind)
    return frozenset(aliases[name] for name in map(folded, names) if name in aliases)


@lru_cache(maxsize=16)
def _problem(kind: IngestionKind, names: tuple[str, ...]) -> RowProblem | None:
    right = right_door(kind, names)
    if right is None:
        return None
    return RowProblem(ErrorCode.INVALID, f"The record is of another kind. {wrong_door(kind, right)}")


class ForeignRows:
    """Finds the objects of another kind among those of `kind`, by their keys."""

    def __init__(self, kind: IngestionKind, headings: Sequence[str]) -> None:
        foreign = {name.lower() for name in foreign_names(kind)}
        self._kind = kind
        self._headings = headings
        self._places = [place for place, name in enumerate(headings) if name.strip().lower() in foreign]

    def problem(self, row: Cells) -> RowProblem | None:
        """What is said of a row that is of another kind; None of all others."""
        if not any(place < len(row) and row[place] is not UNSET for place in self._places):
            return None
        names = zip(self._headings, row, strict=False)
        return _problem(self._kind, tuple(name.strip() for name, cell in names if cell is not UNSET))

    def __bool__(self) -> bool:
        return bool(self._places)
