"""Doors of imports: by its headings a file is known that came to the one of another kind."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import UNSET

from crm_graphql.core.errors import ErrorCode
from crm_graphql.imports import presets
from crm_graphql.imports.fields import fields_by_heading, folded
from crm_graphql.imports.kinds import IngestionKind
from crm_graphql.imports.rows import RowProblem, foreign_names, kind_named, wrong_door
from crm_graphql.imports.tables import Cells

_PAIR = {
    IngestionKind.CUSTOMERS: IngestionKind.ORDERS,
    IngestionKind.ORDERS: IngestionKind.CUSTOMERS,
}
_ORDER = frozenset({"order_id", "amount", "ordered_at"})


def right_door(kind: IngestionKind, headings: Sequence[str]) -> IngestionKind | None:
    """The other kind of which a file under these headings is; None where it may be of `kind`."""
    names = [heading.strip() for heading in headings]
    if (right := kind_named(names, kind)) is not None:
        return right
    other = _PAIR.get(kind)
    if other is None or presets.recognised(names, kind) is not None:
        return None
    if presets.recognised(names, other) is not None:
        return other
    if kind is IngestionKind.CUSTOMERS:
        aliases = fields_by_heading(other)
        own = fields_by_heading(kind)
        fields = {aliases.get(name) for name in map(folded, names) if own.get(name) != "customer_id"}
        return other if fields >= _ORDER else None
    return None


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
        given = [name.strip() for name, cell in zip(self._headings, row, strict=False) if cell is not UNSET]
        right = kind_named(given, self._kind)
        if right is None:
            return None
        return RowProblem(
            ErrorCode.INVALID, f"The record is of another kind. {wrong_door(self._kind, right)}"
        )

    def __bool__(self) -> bool:
        return bool(self._places)
