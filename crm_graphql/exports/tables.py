"""Tables: rows of an export as lines of CSV or NDJSON."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import Enum
from typing import Any

import msgspec

from crm_graphql.customers.values import is_placeholder
from crm_graphql.exports.documents import ExportFormat
from crm_graphql.imports.exported import RISKY, defused

Values = Sequence[Any]
"""A row's values in the order of its columns: texts, whole numbers, lists of texts or objects, None."""

_json = msgspec.json.Encoder()
_QUOTED = frozenset('",;')


class Kind(Enum):
    """How a column is written in CSV."""

    TEXT = "TEXT"
    """As somebody else wrote it: it may be anything."""
    PLAIN = "PLAIN"
    """Numbers, moments and words of our own."""
    LIST = "LIST"
    """Texts with semicolons between them, as tags are read."""
    OPTIONS = "OPTIONS"
    """The same of texts that are known; where one of several holds a separator, all in JSON."""
    JSON = "JSON"
    NUMBER = "NUMBER"
    """Any number, in plain notation."""
    BOOLEAN = "BOOLEAN"


@dataclass(frozen=True, slots=True)
class Column:
    """A column, or a key of NDJSON."""

    name: str
    kind: Kind = Kind.PLAIN


Made = Callable[[Sequence[Any]], Sequence[Any]]
"""Makes the cells of a column of its values: a call for each cell would cost more than the cell."""


def _texts(values: Sequence[str | None]) -> Sequence[str | None]:
    return [defused(value) if value and value[0] in RISKY else value for value in values]


def _lists(values: Sequence[Sequence[str] | None]) -> Sequence[str | None]:
    return [defused("; ".join(map(_entry, texts))) if texts else None for texts in values]


def _entry(text: str) -> str:
    # One that stands for nothing would be taken for no tag at all.
    if _QUOTED.isdisjoint(text) and not is_placeholder(text):
        return text
    doubled = text.replace('"', '""')
    return f'"{doubled}"'


def _in_json(values: Sequence[Any]) -> Sequence[str | None]:
    return [_json.encode(parts).decode() if parts else None for parts in values]


def _options(values: Sequence[Sequence[str] | None]) -> Sequence[str | None]:
    return [_chosen(texts) if texts else None for texts in values]


def _chosen(texts: Sequence[str]) -> str:
    if len(texts) > 1 and not all(map(_QUOTED.isdisjoint, texts)):
        return _json.encode(texts).decode()
    return defused("; ".join(texts))


def _numbers(values: Sequence[int | float | None]) -> Sequence[str | None]:
    return [None if value is None else format(Decimal(repr(value)), "f") for value in values]


def _booleans(values: Sequence[bool | None]) -> Sequence[str | None]:
    return [None if value is None else str(value).lower() for value in values]


_CELLS: dict[Kind, Made | None] = {
    Kind.TEXT: _texts,
    Kind.PLAIN: None,
    Kind.LIST: _lists,
    Kind.OPTIONS: _options,
    Kind.JSON: _in_json,
    Kind.NUMBER: _numbers,
    Kind.BOOLEAN: _booleans,
}


class Lines:
    """Writes rows under these columns."""

    def __init__(self, format: ExportFormat, columns: Sequence[Column]) -> None:
        self._names = [column.name for column in columns]
        self._cells = [_CELLS[column.kind] for column in columns]
        self._write = self._csv if format is ExportFormat.CSV else self._ndjson
        self._is_csv = format is ExportFormat.CSV

    @property
    def head(self) -> bytes:
        """What stands before the first row: the line of names, in CSV."""
        return self._written([self._names]) if self._is_csv else b""

    def of(self, rows: Sequence[Values]) -> bytes:
        """The lines of rows."""
        return self._write(rows)

    def _csv(self, rows: Sequence[Values]) -> bytes:
        columns = zip(*rows, strict=True)
        cells = [
            values if make is None else make(values)
            for make, values in zip(self._cells, columns, strict=True)
        ]
        return self._written(zip(*cells, strict=True))

    def _ndjson(self, rows: Sequence[Values]) -> bytes:
        names = self._names
        return _json.encode_lines([dict(zip(names, row, strict=True)) for row in rows])

    @staticmethod
    def _written(rows: Iterable[Sequence[Any]]) -> bytes:
        out = io.StringIO(newline="")
        csv.writer(out).writerows(rows)
        return out.getvalue().encode()
