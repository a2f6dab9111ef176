"""Sheets: rows of cells seen by their columns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from msgspec import UNSET

from crm_graphql.imports.cells import Column, Reader, without_empties
from crm_graphql.imports.tables import Cells


class Sheet:
    """Rows of cells seen by their columns, each read once."""

    def __init__(
        self, rows: Sequence[Cells], readers: Mapping[int, Sequence[Reader]], marks: frozenset[str]
    ) -> None:
        self._rows = rows
        self._readers = readers
        self._marks = marks
        self._columns: dict[int, Column] = {}
        self.nothing: Column = [UNSET] * len(rows)

    def column(self, place: int) -> Column:
        """The column at `place`, read."""
        found = self._columns.get(place)
        if found is None:
            found = without_empties([row[place] for row in self._rows], self._marks)
            for reader in self._readers.get(place, ()):
                found = reader(found)
            self._columns[place] = found
        return found
