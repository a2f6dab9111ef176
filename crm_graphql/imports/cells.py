"""Cells of a column as values: each function takes a whole column, and leaves it as it is where nothing in it
needs more. What cannot be read becomes a Refused in its place."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, tzinfo
from decimal import Decimal, InvalidOperation
from typing import Any, Protocol

from msgspec import UNSET

from crm_graphql.core.errors import ErrorCode
from crm_graphql.imports import moments, numbers
from crm_graphql.imports.plans import DateOrder
from crm_graphql.imports.presets.preset import TagStyle

Column = Sequence[Any]


class Reader(Protocol):
    """Reads the cells of a column."""

    def is_plain(self, column: Column) -> bool:
        """Whether the column needs no reading, at the price of one look at the whole."""

    def __call__(self, column: Column) -> Column:
        """The values, Refused in the place of each cell that cannot be read."""


_NUMBER_TYPES = frozenset({int, float, Decimal})
_MOST_DIGITS = 30

_QUOTED = {
    TagStyle.ANY: re.compile(r'\s*(?:"((?:[^"]|"")*)"|([^,;]*?))\s*(?:[,;]|$)'),
    TagStyle.COMMA: re.compile(r'\s*(?:"((?:[^"]|"")*)"|([^,]*?))\s*(?:,|$)'),
    TagStyle.SEMICOLON: re.compile(r'\s*(?:"((?:[^"]|"")*)"|([^;]*?))\s*(?:;|$)'),
}


@dataclass(frozen=True, slots=True)
class Refused:
    """A cell that cannot be read. `message` follows the heading."""

    heading: str
    message: str
    value: Any
    code: ErrorCode = ErrorCode.INVALID


def is_given(value: Any) -> bool:
    """Whether a cell holds anything."""
    return value is not UNSET and value is not None and value != ""


def has_refused(column: Column) -> bool:
    """Whether any cell of the column could not be read."""
    return Refused in set(map(type, column))


def without_empties(column: Column, marks: Collection[str]) -> Column:
    """The column without the texts that mean nothing; `marks` are in folded case."""
    if not marks:
        return column
    return [UNSET if type(cell) is str and cell.strip().casefold() in marks else cell for cell in column]


class Ids:
    """Reads ids and telephone numbers, without the apostrophe that spreadsheets put before numbers."""

    def is_plain(self, column: Column) -> bool:
        """Whether the column needs no reading."""
        try:
            return "'" not in "".join(column)
        except TypeError:
            return not any(type(cell) is str and "'" in cell for cell in column)

    def __call__(self, column: Column) -> Column:
        """The ids; what is no text is left to the checks."""
        return column if self.is_plain(column) else [_bare(cell) for cell in column]


def _bare(cell: Any) -> Any:
    if type(cell) is str and cell.lstrip()[:1] == "'":
        bare = cell.lstrip()[1:]
        return bare if bare[:1].isalnum() or bare[:1] == "+" else cell
    return cell


class Texts:
    """Reads texts where cells have types: a number in a workbook may be an id, a name or a tag."""

    def is_plain(self, column: Column) -> bool:
        """Whether the column needs no reading."""
        return set(map(type, column)).isdisjoint(_NUMBER_TYPES)

    def __call__(self, column: Column) -> Column:
        """The column with its numbers as their digits."""
        return [_digits(cell) if type(cell) in _NUMBER_TYPES else cell for cell in column]


def _digits(number: int | float | Decimal) -> str:
    exact = Decimal(repr(number)) if type(number) is float else Decimal(number)
    if not exact.is_finite() or abs(exact.adjusted()) > _MOST_DIGITS:
        return str(number)
    text = format(exact, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


@dataclass(frozen=True, slots=True)
class Numbers:
    """Reads a column of numbers. Where `decimal_comma` is None, one that may be two numbers is refused."""

    heading: str
    decimal_comma: bool | None
    currency: str

    def is_plain(self, column: Column) -> bool:
        """Whether the column needs no reading."""
        return not self.decimal_comma and numbers.are_plain(column, by_point=self.decimal_comma is False)

    def __call__(self, column: Column) -> Column:
        """The numbers as plain text; what has no digit is left to the checks."""
        if self.is_plain(column):
            return column
        return [self._read(cell) for cell in column]

    def _read(self, cell: Any) -> Any:
        if type(cell) is float:
            return Decimal(repr(cell))
        if type(cell) is not str:
            return cell
        if not any(sign.isdecimal() for sign in cell):
            return cell
        if not self.decimal_comma and numbers.is_plain(cell, by_point=self.decimal_comma is False):
            return cell
        try:
            by_point, by_comma = found = numbers.read(cell, self.currency)
        except numbers.NotANumber as error:
            return Refused(self.heading, str(error), cell)
        if self.decimal_comma is None and found.is_certain:
            return by_comma if by_point is None else by_point
        if self.decimal_comma is None:
            message = (
                "may be two numbers. Say by the option decimalComma whether a comma is the decimal sign."
            )
            return Refused(self.heading, message, cell)
        number = by_comma if self.decimal_comma else by_point
        if number is None:
            sign = "comma" if self.decimal_comma else "point"
            message = f"is no number with a decimal {sign}, as the option decimalComma or the first rows say."
            return Refused(self.heading, f"{message} Mend it, or say the option.", cell)
        return number


@dataclass(frozen=True, slots=True)
class Moments:
    """Reads a column of dates and moments. `zone` is that of times without an offset."""

    heading: str
    order: DateOrder | None
    zone: tzinfo

    def is_plain(self, column: Column) -> bool:
        """Whether the column needs no reading."""
        return moments.are_plain(column)

    def __call__(self, column: Column) -> Column:
        """The moments in UTC; what has no digit is left to the checks."""
        if self.is_plain(column):
            return column
        return [self._read(cell) for cell in column]

    def _read(self, cell: Any) -> Any:
        try:
            if type(cell) is str:
                if moments.is_plain(cell) or not any(sign.isdecimal() for sign in cell):
                    return cell
                return moments.read_moment(cell, self.order, self.zone)
            if isinstance(cell, datetime):
                return moments.read_datetime(cell, self.zone)
            if isinstance(cell, date):
                return moments.read_datetime(datetime(cell.year, cell.month, cell.day), self.zone)
            if type(cell) is int or type(cell) is Decimal:
                return moments.read_moment(format(cell, "f"), None, self.zone)
        except (moments.NotAMoment, OverflowError) as error:
            return Refused(self.heading, str(error), cell)
        return cell


@dataclass(frozen=True, slots=True)
class Tags:
    """Reads tags as their exporter writes them."""

    style: TagStyle

    def is_plain(self, column: Column) -> bool:
        """Whether the column needs no reading: the checks split plain texts alike."""
        if self.style is not TagStyle.ANY:
            return False
        try:
            return '"' not in "".join(column)
        except TypeError:
            return not any(type(cell) is str and '"' in cell for cell in column)

    def __call__(self, column: Column) -> Column:
        """Lists of tags, and plain texts as they are."""
        if self.is_plain(column):
            return column
        is_any = self.style is TagStyle.ANY
        return [
            self._split(cell) if type(cell) is str and cell and not (is_any and '"' not in cell) else cell
            for cell in column
        ]

    def _split(self, cell: str) -> list[str]:
        parts = (quoted.replace('""', '"') or plain for quoted, plain in _QUOTED[self.style].findall(cell))
        return [part.strip() for part in parts if part.strip()]

    def together(self, cells: Sequence[Any]) -> Any:
        """The tags of several columns in one list."""
        found: list[Any] = []
        for cell in cells:
            if isinstance(cell, list | tuple):
                found += cell
            elif type(cell) is str:
                found += self._split(cell)
            elif is_given(cell):
                found.append(cell)
        return found or next(iter(cells))


def joined(cells: Sequence[Any]) -> Any:
    """The texts of several columns with a space between them."""
    given = [cell for cell in cells if is_given(cell)]
    if len(given) > 1 and all(type(cell) is str for cell in given):
        return " ".join(" ".join(given).split())
    return given[0] if given else cells[0]


def first_given(cells: Sequence[Any]) -> Any:
    """The first cell that holds anything."""
    return next((cell for cell in cells if is_given(cell)), cells[0])


def less(amount: Any, refunded: Any) -> Any:
    """The amount less what was given back; what is no number is left to the checks."""
    if type(refunded) is Refused and type(amount) is not Refused:
        return refunded
    if type(amount) is Refused or not is_given(amount) or not is_given(refunded):
        return amount
    try:
        return Decimal(amount) - abs(Decimal(refunded))
    except (InvalidOperation, TypeError, ValueError):
        return amount
