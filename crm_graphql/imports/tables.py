"""The port of what reads a file to rows of cells, whatever the file is written in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any, Protocol

from crm_graphql.imports.rows import RowProblem

Cells = list[Any]
"""A row's cells in the order of the headings: text, or in a workbook and JSON what the cell holds (an exact
number, a moment, a boolean, a list); an empty one is "", and in JSON UNSET where the key is not there, None
where it is null."""


class FileFormat(Enum):
    """What a file is written in, as answers name it."""

    CSV = "csv"
    XLSX = "xlsx"
    NDJSON = "ndjson"
    JSON = "json"

    @property
    def grows(self) -> bool:
        """Whether headings may come in any row, as keys of JSON do."""
        return self in (FileFormat.NDJSON, FileFormat.JSON)


@dataclass(frozen=True, slots=True)
class FileHints:
    """What the sender says of a file. `encoding`, `delimiter` and `sheet` are their word; the type and the
    name count only where the content leaves a doubt."""

    content_type: str | None = None
    name: str | None = None
    encoding: str | None = None
    delimiter: str | None = None
    sheet: str | None = None


@dataclass(frozen=True, slots=True)
class FileForm:
    """What a file turned out to be. `notes` are sentences for its sender, as that it was read as
    Windows-1252."""

    format: FileFormat
    encoding: str | None = None
    delimiter: str | None = None
    sheets: tuple[str, ...] = ()
    sheet: str | None = None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Batch:
    """Rows that a piece of a file completes, and the line of the file, from 1, on which each begins (in a
    workbook its row, in a JSON array the line too)."""

    rows: Sequence[Cells | RowProblem]
    lines: Sequence[int]


class Table(Protocol):
    """Reads a file to rows of cells, piece by piece, in bounded memory; the same file gives the same rows
    however it is cut.

    `headings` are those of the columns; empty until they are known. Those of JSON are the keys in the order
    in which they come, and become more: rows that came before are narrower."""

    headings: list[str]

    @property
    def form(self) -> FileForm:
        """What the file is, as far as it was read."""

    def feed(self, piece: bytes) -> Batch:
        """The rows that `piece` completes. Raises InvalidInput when the file cannot be read at all."""

    def finish(self) -> Batch:
        """The rows that the file's end completes. Raises InvalidInput for one that ends too early."""
