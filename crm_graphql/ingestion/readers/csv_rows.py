"""Reading CSV: a header that names the fields, then a row a line; quoted values may span lines.

A quote that is opened and never closed spoils its own line only: the reader goes back to the line after it.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Sequence
from operator import itemgetter
from typing import Any

from msgspec import UNSET

from crm_graphql.core.errors import ErrorCode, InvalidInput
from crm_graphql.ingestion.documents import IngestionKind
from crm_graphql.ingestion.readers.csv_header import read_header
from crm_graphql.ingestion.readers.lines import LINE_BYTES, LineCutter
from crm_graphql.ingestion.rows import InputRow, RowProblem, shown

RECORD_LINES = 100
"""The most lines that one row's quoted values may span."""


class CsvReader:
    """Rows of a CSV body. An empty cell is left out: it changes nothing."""

    def __init__(self, kind: IngestionKind) -> None:
        self.names: dict[str, str] = {}
        self._kind = kind
        self._cutter = LineCutter()
        self._columns = 0
        self._pick: Callable[[list[Any]], tuple[Any, ...]] | None = None
        self._line = 0
        """The number of the line that `_open` begins with, or of the last one read."""
        self._open: list[str] = []
        """Lines of a row with an open quote."""
        self._open_bytes = 0

    def feed(self, piece: bytes) -> Sequence[InputRow]:
        """The rows that `piece` completes."""
        return self._read(self._cutter.feed(piece))

    def finish(self) -> Sequence[InputRow]:
        """The last rows. Raises InvalidInput for an empty body."""
        rows = self._read(self._cutter.finish())
        while self._open:
            rows += self._give_up()
        if self._pick is None:
            raise InvalidInput("The body is empty. Send a header line with the names of the columns first.")
        return rows

    def _read(self, lines: Sequence[bytes | None]) -> list[InputRow]:
        if self._pick is None:
            lines = self._read_header(lines)
        if not lines:
            return []
        fast = self._read_plain(lines)
        if fast is not None:
            return fast
        rows: list[InputRow] = []
        for line in lines:
            rows += self._take(line)
        return rows

    def _read_header(self, lines: Sequence[bytes | None]) -> Sequence[bytes | None]:
        for number, line in enumerate(lines):
            self._line += 1
            if line is None:
                raise InvalidInput(f"The header is longer than {LINE_BYTES} bytes. Is this a CSV file?")
            if line.strip():
                header = read_header(line, self._kind)
                self._columns = header.columns
                self.names.update(header.names)
                self._pick = itemgetter(*header.positions)
                return lines[number + 1 :]
        return []

    def _read_plain(self, lines: Sequence[bytes | None]) -> list[InputRow] | None:
        """All lines at once where none has a quote or anything wrong; None otherwise."""
        if self._open or None in lines:
            return None
        body = b"\n".join(lines)  # type: ignore[arg-type]
        if b'"' in body:
            return None
        try:
            cells: list[list[Any]] = list(csv.reader(body.decode().split("\n"), strict=True))
        except (UnicodeDecodeError, csv.Error):
            return None
        self._line += len(lines)
        columns, pick = self._columns, self._pick
        assert pick is not None
        rows: list[InputRow] = []
        for position, row in enumerate(cells):
            if len(row) == columns:
                row.append(UNSET)
                rows.append(pick(row))
            elif row and (len(row) > 1 or row[0].strip()):
                number = self._line - len(lines) + position + 1
                rows.append(self._wrong_width(row, number))
        return rows

    def _take(self, line: bytes | None) -> list[InputRow]:
        """One line, with those before it when a quote is open."""
        rows: list[InputRow] = []
        if line is None:
            while self._open:
                rows += self._give_up()
            self._line += 1
            message = f"Line {self._line} is longer than {LINE_BYTES} bytes. Send one record a line."
            return [*rows, RowProblem(ErrorCode.INVALID, message)]
        try:
            text = line.decode()
        except UnicodeDecodeError as error:
            while self._open:
                rows += self._give_up()
            self._line += 1
            return [*rows, _not_utf8(line, self._line, error)]
        return self._take_text(text)

    def _take_text(self, text: str) -> list[InputRow]:
        is_odd = text.count('"') % 2 == 1
        if not self._open and not is_odd:
            self._line += 1
            return self._parse([text], self._line)
        self._open.append(text)
        self._open_bytes += len(text)
        if len(self._open) > 1 and is_odd:
            return self._close()
        if len(self._open) > RECORD_LINES or self._open_bytes > LINE_BYTES:
            return self._give_up()
        return []

    def _close(self) -> list[InputRow]:
        """The row that the open lines make together; if they make none, its first line alone is bad."""
        lines = self._open
        parsed = self._parse(lines, self._line + 1)
        if len(parsed) == 1 and isinstance(parsed[0], RowProblem):
            return self._give_up()
        self._open, self._open_bytes = [], 0
        self._line += len(lines)
        return parsed

    def _give_up(self) -> list[InputRow]:
        """The first open line is a bad row; the others are read again by themselves."""
        first, *rest = self._open
        self._open, self._open_bytes = [], 0
        self._line += 1
        rows: list[InputRow] = [
            RowProblem(
                ErrorCode.INVALID,
                f"Line {self._line} opens a quote that is not closed where a value ends. "
                'Close it, and write a quote within a value twice ("").',
                value=shown(first),
            )
        ]
        for text in rest:
            rows += self._take_text(text)
        return rows

    def _parse(self, lines: Sequence[str], number: int) -> list[InputRow]:
        """The row in `lines`, or none for a blank line."""
        assert self._pick is not None
        try:
            parsed = list(csv.reader(["\n".join(lines).rstrip("\r")], strict=True))
        except csv.Error as error:
            message = f"Line {number} is not valid CSV: {error}."
            return [RowProblem(ErrorCode.INVALID, message, value=shown(lines[0]))]
        cells = parsed[0] if parsed else []
        if not cells or (len(cells) == 1 and not cells[0].strip() and self._columns > 1):
            return []
        if len(cells) != self._columns:
            return [self._wrong_width(cells, number)]
        return [self._pick([*cells, UNSET])]

    def _wrong_width(self, cells: Sequence[str], number: int) -> RowProblem:
        return RowProblem(
            ErrorCode.INVALID,
            f"Line {number} has {len(cells)} columns, the header has {self._columns}. "
            "Quote values that hold a comma.",
            value=shown(",".join(cells[:20])),
        )


def _not_utf8(line: bytes, number: int, error: UnicodeDecodeError) -> RowProblem:
    return RowProblem(
        ErrorCode.INVALID,
        f"Line {number} is not UTF-8: byte 0x{line[error.start]:02X} at column {error.start + 1}. "
        "Save the file as UTF-8.",
        value=shown(line[:400].decode(errors="replace")),
    )
