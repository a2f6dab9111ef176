"""Tables in NDJSON: one JSON object a line. A line that is none is a bad row; blank lines are no rows."""

from __future__ import annotations

from collections.abc import Sequence

from crm_graphql.core.errors import InvalidInput
from crm_graphql.imports.files.encodings import Decoder
from crm_graphql.imports.files.json_rows import JsonRows, too_long
from crm_graphql.imports.files.lines import LineCutter
from crm_graphql.imports.rows import RowProblem
from crm_graphql.imports.tables import Batch, Cells, FileForm, FileFormat


class NdjsonTable:
    """Cells of an NDJSON file."""

    def __init__(self, decoder: Decoder) -> None:
        self._decoder = decoder
        self._rows = JsonRows()
        self.headings = self._rows.headings
        self._cutter = LineCutter()
        self._line = 0
        self._has_rows = False

    @property
    def form(self) -> FileForm:
        """What the file is."""
        return FileForm(FileFormat.NDJSON, encoding=self._decoder.name, notes=tuple(self._decoder.notes))

    def feed(self, piece: bytes) -> Batch:
        """The rows that `piece` completes."""
        return self._read(self._cutter.feed(self._decoder.feed(piece)))

    def finish(self) -> Batch:
        """The last rows. Raises InvalidInput for an empty file."""
        last = self._cutter.feed(self._decoder.finish())
        batch = self._read([*last, *self._cutter.finish()])
        if not self._has_rows:
            raise InvalidInput("The body is empty. Send one JSON object a line.")
        return batch

    def _read(self, lines: Sequence[bytes | None]) -> Batch:
        rows, numbers = list[Cells | RowProblem](), list[int]()
        read, first = self._rows.read, self._line + 1
        for number, line in enumerate(lines, first):
            if line is None:
                rows.append(too_long(f"Line {number}"))
            elif line and not line.isspace():
                rows.append(read(line, f"Line {number}"))
            else:
                continue
            numbers.append(number)
        self._line += len(lines)
        self._has_rows = self._has_rows or bool(rows)
        is_dense = len(numbers) == len(lines)
        return Batch(rows, range(first, first + len(lines)) if is_dense else numbers)
