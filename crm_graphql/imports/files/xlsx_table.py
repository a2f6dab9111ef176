"""Tables in XLSX: one sheet of a workbook, its cells as the workbook holds them."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

import python_calamine
from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook, SheetVisibleEnum

from crm_graphql.core.errors import ErrorCode, InvalidInput
from crm_graphql.imports.files.csv_table import heading_of
from crm_graphql.imports.files.widths import COLUMNS_LIMIT
from crm_graphql.imports.files.workbook_sizes import BOOK_BYTES, broken, check_sizes, too_large
from crm_graphql.imports.rows import RowProblem, shown
from crm_graphql.imports.tables import Batch, Cells, FileForm, FileFormat

ROWS_A_BATCH = 5_000

_EXACT_DIGITS = 15
"""So many digits of a number does a spreadsheet hold."""


class XlsxTable:
    """Cells of one sheet. A workbook can only be read as a whole: up to a limit it is held, and its rows come
    at its end. Blank rows are no rows; numbers are exact, dates are moments without a time zone."""

    def __init__(self, sheet: str | None) -> None:
        """`sheet` None: the first that has rows and is not hidden."""
        self.headings: list[str] = []
        self._wanted = sheet
        self._pieces: list[bytes] = []
        self._size = 0
        self._sheets: tuple[str, ...] = ()
        self._sheet: str | None = None

    @property
    def form(self) -> FileForm:
        """What the file is; its sheets are known at its end."""
        return FileForm(FileFormat.XLSX, sheets=self._sheets, sheet=self._sheet)

    def feed(self, piece: bytes) -> Batch:
        """No rows yet. Raises LimitExceeded for a workbook that is too large."""
        self._size += len(piece)
        if self._size > BOOK_BYTES:
            raise too_large()
        self._pieces.append(piece)
        return Batch((), ())

    def finish(self) -> Batch:
        """All rows at once; `batches` gives them without holding them all."""
        rows, lines = list[Cells | RowProblem](), list[int]()
        for batch in self.batches():
            rows += batch.rows
            lines += batch.lines
        return Batch(rows, lines)

    def batches(self) -> Iterator[Batch]:
        """The rows at the file's end. Raises InvalidInput for what is no workbook, or lacks the sheet;
        LimitExceeded for one that would take too much memory."""
        book, self._pieces = b"".join(self._pieces), []
        check_sizes(book)
        with _opened(book) as workbook:
            yield from self._read(self._choose(workbook))

    def _choose(self, workbook: CalamineWorkbook) -> CalamineSheet:
        self._sheets = tuple(workbook.sheet_names)
        if self._wanted is not None:
            names = [name for name in self._sheets if name.casefold() == self._wanted.strip().casefold()]
            if not names:
                found = ", ".join(self._sheets)[:400]
                raise InvalidInput(f'The workbook has no sheet "{self._wanted[:100]}"; it has: {found}.')
            return _sheet_named(workbook, names[0])
        visible = [data.name for data in workbook.sheets_metadata if data.visible is SheetVisibleEnum.Visible]
        for name in (*visible, *self._sheets):
            sheet = _sheet_named(workbook, name)
            if sheet.start is not None:
                return sheet
        raise InvalidInput(
            "The workbook is empty. Write the names of the columns into the first row of a sheet."
        )

    def _read(self, sheet: CalamineSheet) -> Iterator[Batch]:
        self._sheet = sheet.name
        rows, lines = list[Cells | RowProblem](), list[int]()
        for number, raw in enumerate(_rows(sheet), 1):
            cells = _stripped(raw)
            if not cells:
                continue
            if not self.headings:
                self.headings = [heading_of(_text(cell)) for cell in cells]
                if len(self.headings) > COLUMNS_LIMIT:
                    raise InvalidInput(
                        f"The header has {len(self.headings)} columns; at most {COLUMNS_LIMIT} are read."
                    )
                continue
            rows.append(self._fitted([cell if type(cell) is str else _cell(cell) for cell in cells], number))
            lines.append(number)
            if len(rows) == ROWS_A_BATCH:
                yield Batch(rows, lines)
                rows, lines = [], []
        if not self.headings:
            raise InvalidInput(
                f'The sheet "{sheet.name[:100]}" is empty. Write the names of the columns into its first row.'
            )
        yield Batch(rows, lines)

    def _fitted(self, cells: Cells, number: int) -> Cells | RowProblem:
        columns = len(self.headings)
        if len(cells) > columns:
            return RowProblem(
                ErrorCode.INVALID,
                f"Row {number} has {len(cells)} columns, the header has {columns}. "
                "Name each column in the first row.",
                value=shown(",".join(map(_text, cells[:20]))),
            )
        return [*cells, *[""] * (columns - len(cells))]


def _opened(book: bytes) -> CalamineWorkbook:
    try:
        return python_calamine.load_workbook(io.BytesIO(book))
    except python_calamine.PasswordError:
        raise InvalidInput("The workbook has a password. Take it off, or save the sheet as CSV.") from None
    except (CalamineError, OSError, ValueError):
        raise broken() from None


def _sheet_named(workbook: CalamineWorkbook, name: str) -> CalamineSheet:
    try:
        return workbook.get_sheet_by_name(name)
    except (CalamineError, OSError, ValueError):
        raise broken() from None


def _rows(sheet: CalamineSheet) -> Iterator[Sequence[Any]]:
    return iter(sheet.iter_rows())


def _stripped(cells: Sequence[Any]) -> Cells:
    """The cells up to the last that is not empty."""
    end = len(cells)
    while end and (cells[end - 1] == "" or (type(cells[end - 1]) is str and not cells[end - 1].strip())):
        end -= 1
    return list(cells[:end])


def _cell(value: Any) -> Any:
    """What a cell holds: text, an exact number, a moment, a boolean."""
    kind = type(value)
    if kind is str or kind is bool or kind is int:
        return value
    if kind is float:
        return _number(value)
    if kind is datetime:
        return value
    if kind is date:
        return datetime.combine(value, time())
    if kind is time:
        return value.isoformat()
    return _duration(value) if kind is timedelta else str(value)


def _number(value: float) -> int | Decimal | str:
    """A number with the digits that a spreadsheet holds; one of more digits has lost them, and is text that
    says so, as a spreadsheet shows it."""
    if abs(value) >= 10**_EXACT_DIGITS:
        return f"{value:.{_EXACT_DIGITS - 1}E}"
    if value.is_integer():
        return int(value)
    return Decimal(f"{value:.{_EXACT_DIGITS}g}")


def _duration(value: timedelta) -> str:
    minutes, seconds = divmod(round(value.total_seconds()), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{seconds:02}"


def _text(value: Any) -> str:
    """A cell as a heading or a message shows it."""
    if type(value) is date:
        return value.isoformat()
    return shown(_cell(value)) or ""
