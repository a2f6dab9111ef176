"""Reading NDJSON: one JSON object a line. A line that is none is a bad row; blank lines are no rows."""

from __future__ import annotations

from collections.abc import Sequence

from crm_graphql.core.errors import InvalidInput
from crm_graphql.imports.files.lines import LineCutter
from crm_graphql.imports.kinds import IngestionKind
from crm_graphql.imports.rows import InputRow
from crm_graphql.ingestion.readers.json_rows import JsonRows, too_long


class NdjsonReader:
    """Rows of an NDJSON body."""

    def __init__(self, kind: IngestionKind) -> None:
        self._rows = JsonRows(kind)
        self.names = self._rows.names
        self._cutter = LineCutter()
        self._line = 0
        self._has_rows = False

    def feed(self, piece: bytes) -> Sequence[InputRow]:
        """The rows that `piece` completes."""
        return self._read(self._cutter.feed(piece))

    def finish(self) -> Sequence[InputRow]:
        """The last row. Raises InvalidInput for an empty body."""
        rows = self._read(self._cutter.finish())
        if not self._has_rows:
            raise InvalidInput("The body is empty. Send one JSON object a line.")
        return rows

    def _read(self, lines: Sequence[bytes | None]) -> list[InputRow]:
        rows: list[InputRow] = []
        read = self._rows.read
        for line in lines:
            self._line += 1
            if line is None:
                rows.append(too_long(f"Line {self._line}"))
            elif line and not line.isspace():
                rows.append(read(line, f"Line {self._line}"))
        self._has_rows = self._has_rows or bool(rows)
        return rows
