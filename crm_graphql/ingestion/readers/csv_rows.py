"""Rows of a CSV body: a header that names the fields, then a row a record; quoted cells may span lines."""

from __future__ import annotations

import csv
from collections.abc import Callable, Sequence
from operator import itemgetter
from typing import Any

from msgspec import UNSET

from crm_graphql.core.errors import ErrorCode, InvalidInput
from crm_graphql.imports.files.csv_records import BadRecord, Fault, RecordCutter
from crm_graphql.imports.files.lines import LINE_BYTES
from crm_graphql.imports.kinds import IngestionKind
from crm_graphql.imports.rows import InputRow, RowProblem, shown
from crm_graphql.ingestion.readers.csv_header import read_header

Record = bytes | BadRecord


class CsvReader:
    """Rows of a CSV body. An empty cell is left out: it changes nothing.

    A row that ends early lacks its last cells; further cells are nothing as long as they are empty.
    """

    def __init__(self, kind: IngestionKind) -> None:
        self.names: dict[str, str] = {}
        self._kind = kind
        self._cutter = RecordCutter()
        self._columns = 0
        self._pick: Callable[[list[Any]], tuple[Any, ...]] | None = None
        self._line = 0
        """How many lines were read."""

    def feed(self, piece: bytes) -> Sequence[InputRow]:
        """The rows that `piece` completes."""
        rows = self._read(self._cutter.feed(piece))
        if self._pick is None and self._cutter.is_skipping:
            raise InvalidInput(f"The header is longer than {LINE_BYTES} bytes. Is this a CSV file?")
        return rows

    def finish(self) -> Sequence[InputRow]:
        """The last rows. Raises InvalidInput for an empty body."""
        rows = self._read(self._cutter.finish())
        if self._pick is None:
            raise InvalidInput("The body is empty. Send a header line with the names of the columns first.")
        return rows

    def _read(self, records: Sequence[Record]) -> list[InputRow]:
        if self._pick is None:
            records = self._read_header(records)
        if not records:
            return []
        fast = self._read_at_once(records)
        if fast is not None:
            return fast
        rows: list[InputRow] = []
        for record in records:
            row = self._read_bad(record) if isinstance(record, BadRecord) else self._read_one(record)
            if row is not None:
                rows.append(row)
        return rows

    def _read_header(self, records: Sequence[Record]) -> Sequence[Record]:
        for number, record in enumerate(records):
            if number == 0 and self._line == 0:
                self._line = self._cutter.skipped_lines
            if isinstance(record, BadRecord):
                raise InvalidInput(_bad_header(record))
            self._line += self._lines_of(record)
            if record.strip():
                separator = self._cutter.separator.decode()
                header = read_header(record, self._kind, separator)
                self._columns = header.columns
                self.names.update(header.names)
                self._pick = itemgetter(*header.positions)
                return records[number + 1 :]
        return []

    def _lines_of(self, record: bytes) -> int:
        return record.count(self._cutter.line_end) + 1

    def _parse(self, texts: Sequence[str]) -> list[list[Any]]:
        return list(csv.reader(texts, delimiter=self._cutter.separator.decode(), strict=True))

    def _read_at_once(self, records: Sequence[Record]) -> list[InputRow] | None:
        """The rows of all records where nothing is wrong with any; None otherwise."""
        try:
            cells = self._parse([record.decode() for record in records])  # type: ignore[union-attr]
        except (AttributeError, UnicodeDecodeError, csv.Error):
            return None
        columns, pick = self._columns, self._pick
        assert pick is not None
        first, end, rows = self._line, self._cutter.line_end, list[InputRow]()
        for position, row in enumerate(cells):
            if len(row) != columns:
                number = first + 1 + sum(map(self._lines_of, records[:position]))  # type: ignore[arg-type]
                found = self._fitted(row, number)
                if found is not None:
                    rows.append(found)
                continue
            row.append(UNSET)
            rows.append(pick(row))
        self._line += len(records) + sum(record.count(end) for record in records if type(record) is bytes)
        return rows

    def _read_one(self, record: bytes) -> InputRow | None:
        number = self._line + 1
        self._line += self._lines_of(record)
        try:
            text = record.decode()
        except UnicodeDecodeError as error:
            return self._not_utf8(record, number, error)
        try:
            parsed = self._parse([text])
        except csv.Error as error:
            message = f"Line {number} is not valid CSV: {error}."
            return RowProblem(ErrorCode.INVALID, message, value=shown(text))
        return self._fitted(parsed[0] if parsed else [], number)

    def _fitted(self, cells: list[Any], number: int) -> InputRow | None:
        """The row in `cells`, with as many of them as the header has; None for a blank line."""
        assert self._pick is not None
        if not cells or (len(cells) == 1 and not cells[0].strip() and self._columns > 1):
            return None
        further = cells[self._columns :]
        if any(cell.strip() for cell in further):
            return RowProblem(
                ErrorCode.INVALID,
                f"Line {number} has {len(cells)} columns, the header has {self._columns}. "
                "Quote values that hold a comma.",
                value=shown(",".join(cells[:20])),
            )
        missing = self._columns - len(cells)
        return self._pick([*cells[: self._columns], *[""] * missing, UNSET])

    def _read_bad(self, record: BadRecord) -> RowProblem:
        number = self._line + 1
        self._line += record.lines
        return RowProblem(
            ErrorCode.INVALID,
            _what_is_bad(record, number),
            value=shown(record.sample.decode(errors="replace")),
        )

    def _not_utf8(self, record: bytes, number: int, error: UnicodeDecodeError) -> RowProblem:
        before = record[: error.start]
        line = number + before.count(self._cutter.line_end)
        column = error.start - before.rfind(self._cutter.line_end)
        return RowProblem(
            ErrorCode.INVALID,
            f"Line {line} is not UTF-8: byte 0x{record[error.start]:02X} at column {column}. "
            "Save the file as UTF-8.",
            value=shown(record[:400].decode(errors="replace")),
        )


def _what_is_bad(record: BadRecord, number: int) -> str:
    opened = number + record.opened
    if record.fault is Fault.NEVER_CLOSED:
        return (
            f"Line {opened} opens a quote that is never closed, so that nothing behind it can be read. "
            'Close it, and write a quote within a value twice ("").'
        )
    if record.fault is Fault.BADLY_CLOSED:
        return (
            f"Line {opened} opens a quote that is not closed where a value ends. "
            'Close it, and write a quote within a value twice ("").'
        )
    return f"Line {number} is longer than {LINE_BYTES} bytes, or its quoted value is. Shorten it."


def _bad_header(record: BadRecord) -> str:
    if record.fault is Fault.TOO_LARGE:
        return f"The header is longer than {LINE_BYTES} bytes. Is this a CSV file?"
    return "The header line is not valid CSV: a quote is not closed where a name ends."
