"""Tables in CSV: a line of headings, then a row a record; quoted cells may span lines."""

from __future__ import annotations

import csv
import re
from collections.abc import Sequence
from typing import Any

from crm_graphql.core.errors import ErrorCode, InvalidInput
from crm_graphql.imports.files.csv_records import BadRecord, Fault, RecordCutter
from crm_graphql.imports.files.delimiters import WORDS
from crm_graphql.imports.files.encodings import Decoder
from crm_graphql.imports.files.lines import LINE_BYTES
from crm_graphql.imports.files.widths import COLUMNS_LIMIT, may_be_filled
from crm_graphql.imports.rows import RowProblem, shown
from crm_graphql.imports.tables import Batch, Cells, FileForm, FileFormat

Record = bytes | BadRecord

_BREAKS = re.compile(r"[ \t]*[\r\n]+[ \t]*")


class CsvTable:
    """Cells of a CSV file. A row that ends early is filled up with empty cells; further cells are nothing as
    long as they are empty. Blank lines are no rows."""

    def __init__(self, decoder: Decoder, delimiter: str | None) -> None:
        """`delimiter` None: the first line names it."""
        self.headings: list[str] = []
        self._decoder = decoder
        self._cutter = RecordCutter(delimiter.encode() if delimiter is not None else None)
        self._columns = 0
        self._line = 0
        """How many lines were read."""

    @property
    def form(self) -> FileForm:
        """What the file is: its encoding may turn out later."""
        return FileForm(
            FileFormat.CSV,
            encoding=self._decoder.name,
            delimiter=self._delimiter,
            notes=tuple(self._decoder.notes),
        )

    @property
    def _delimiter(self) -> str:
        return self._cutter.separator.decode()

    def feed(self, piece: bytes) -> Batch:
        """The rows that `piece` completes."""
        batch = self._read(self._cutter.feed(self._decoder.feed(piece)))
        if not self._columns and self._cutter.is_skipping:
            raise InvalidInput(f"The header is longer than {LINE_BYTES} bytes. Is this a CSV file?")
        return batch

    def finish(self) -> Batch:
        """The last rows. Raises InvalidInput for an empty file."""
        records = self._cutter.feed(self._decoder.finish())
        batch = self._read([*records, *self._cutter.finish()])
        if not self._columns:
            raise InvalidInput("The body is empty. Send a header line with the names of the columns first.")
        return batch

    def _read(self, records: Sequence[Record]) -> Batch:
        if not self._columns:
            records = self._read_header(records)
        if not records:
            return Batch((), ())
        return self._read_at_once(records) or self._read_singly(records)

    def _read_header(self, records: Sequence[Record]) -> Sequence[Record]:
        for number, record in enumerate(records):
            if number == 0 and self._line == 0:
                self._line = self._cutter.skipped_lines
            if isinstance(record, BadRecord):
                raise InvalidInput(_bad_header(record))
            self._line += self._lines_of(record)
            if record.strip():
                self.headings = self._headings(record)
                self._columns = len(self.headings)
                return records[number + 1 :]
        return []

    def _headings(self, record: bytes) -> list[str]:
        try:
            (columns,) = self._parse([record.decode()])
        except UnicodeDecodeError as error:
            raise InvalidInput(
                f"The header is not UTF-8 at byte {error.start}. Save the file as UTF-8."
            ) from None
        except csv.Error as error:
            raise InvalidInput(f"The header line is not valid CSV: {error}.") from None
        if len(columns) > COLUMNS_LIMIT:
            raise InvalidInput(f"The header has {len(columns)} columns; at most {COLUMNS_LIMIT} are read.")
        return [heading_of(column) for column in columns]

    def _lines_of(self, record: bytes) -> int:
        return record.count(self._cutter.line_end) + 1

    def _parse(self, texts: Sequence[str]) -> list[list[Any]]:
        return list(csv.reader(texts, delimiter=self._delimiter, strict=True))

    def _read_at_once(self, records: Sequence[Record]) -> Batch | None:
        """The rows of all records where nothing is wrong with any; None otherwise."""
        try:
            cells = self._parse([record.decode() for record in records])  # type: ignore[union-attr]
        except (AttributeError, UnicodeDecodeError, csv.Error):
            return None
        columns, first, end = self._columns, self._line + 1, self._cutter.line_end
        breaks = sum([record.count(end) for record in records])  # type: ignore[union-attr, misc]
        self._line += len(records) + breaks
        if not breaks and set(map(len, cells)) == {columns}:
            return Batch(cells, range(first, first + len(records)))
        rows, lines, number = list[Cells | RowProblem](), list[int](), first
        for record, row in zip(records, cells, strict=True):
            found = row if len(row) == columns else self._fitted(row, number)
            if found is not None:
                rows.append(found)
                lines.append(number)
            number += 1 + (record.count(end) if breaks else 0)  # type: ignore[union-attr]
        return Batch(rows, lines)

    def _read_singly(self, records: Sequence[Record]) -> Batch:
        rows, lines = list[Cells | RowProblem](), list[int]()
        for record in records:
            number = self._line + 1
            if isinstance(record, BadRecord):
                row: Cells | RowProblem | None = _bad_row(record, number)
                self._line += record.lines
            else:
                row = self._read_one(record, number)
                self._line += self._lines_of(record)
            if row is not None:
                rows.append(row)
                lines.append(number)
        return Batch(rows, lines)

    def _read_one(self, record: bytes, number: int) -> Cells | RowProblem | None:
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

    def _fitted(self, cells: list[Any], number: int) -> Cells | RowProblem | None:
        """The row in `cells`, with as many of them as the header has; None for a blank line."""
        columns = self._columns
        if not cells or (len(cells) == 1 and not cells[0].strip() and columns > 1):
            return None
        if any(cell.strip() for cell in cells[columns:]):
            sign = WORDS.get(self._delimiter, f'"{self._delimiter}"')
            return RowProblem(
                ErrorCode.INVALID,
                f"Line {number} has {len(cells)} columns, the header has {columns}. "
                f"Quote values that hold a {sign}.",
                value=shown(self._delimiter.join(cells[:20])),
            )
        if not may_be_filled(columns, sum(map(len, cells)) + len(cells)):
            return RowProblem(
                ErrorCode.INVALID,
                f"Line {number} has {len(cells)} columns, the header has {columns}. Is it cut off?",
                value=shown(self._delimiter.join(cells[:20])),
            )
        return [*cells[:columns], *[""] * (columns - len(cells))]

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


def heading_of(cell: str) -> str:
    """A heading as it is shown: on one line, without spaces around it."""
    return _BREAKS.sub(" ", cell.strip())


def _bad_row(record: BadRecord, number: int) -> RowProblem:
    sample = shown(record.sample.decode(errors="replace"))
    return RowProblem(ErrorCode.INVALID, _what_is_bad(record, number), value=sample)


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
