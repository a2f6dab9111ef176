"""Requests and plans of imports: which column goes to which field, and how its cells are read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Protocol

from crm_graphql.imports.kinds import IngestionKind
from crm_graphql.imports.rows import InputRow
from crm_graphql.imports.tables import Batch, Cells


class DateOrder(Enum):
    """In which order a date of three numbers has day, month and year."""

    YMD = "YMD"
    DMY = "DMY"
    MDY = "MDY"


@dataclass(frozen=True, slots=True)
class ImportOptions:
    """How cells are read; None: not said. `country` is ISO 3166-1 alpha-2, `time_zone` an IANA name."""

    date_order: DateOrder | None = None
    decimal_comma: bool | None = None
    time_zone: str | None = None
    country: str | None = None
    empty: tuple[str, ...] | None = None
    topic: str | None = None
    """The name of the topic that columns on consent speak of."""
    totals: bool | None = None
    """Whether a customers file brings totals that an orders file of the same shop would count again."""


@dataclass(frozen=True, slots=True)
class ImportRequest:
    """What a sender asks of an import. `mapping` has for each column its field, or None to leave it out."""

    mapping: tuple[tuple[str, str | None], ...] | None = None
    preset: str | None = None
    options: ImportOptions = ImportOptions()


@dataclass(frozen=True, slots=True)
class PlannedColumn:
    """A column and the field that it goes to; `because` is "heading", "preset shopify" or "mapping"."""

    column: str
    samples: tuple[str, ...]
    field: str | None
    because: str | None


@dataclass(frozen=True, slots=True)
class PlannedRows:
    """A batch as rows for the checks. A further line item of an order is no row of its own, so each has
    beside it the line of the file on which it begins, and its cells as they came."""

    rows: Sequence[InputRow]
    lines: Sequence[int]
    cells: Sequence[Cells | None]


class Plan(Protocol):
    """How the rows of one file are read. `names` has for each field of the kind the heading that brings
    it."""

    kind: IngestionKind
    preset: str | None
    columns: Sequence[PlannedColumn]
    names: dict[str, str]
    options: ImportOptions
    questions: Sequence[str]
    """What an option must say before a row can be read."""
    missing_fields: Sequence[str]

    @property
    def notes(self) -> Sequence[str]:
        """Sentences for the sender, as that totals are left out; they become more as rows are read."""

    @property
    def ignored_columns(self) -> Sequence[str]:
        """The columns that nothing takes."""

    def require_readable(self) -> None:
        """Raise InvalidInput where no row could be read: a field that is required, an open question,
        nothing but an id, records of another kind."""

    def extend(self, headings: Sequence[str]) -> None:
        """Take up columns that came later, as keys of JSON do."""

    def read(self, batch: Batch) -> PlannedRows:
        """The batch as rows for the checks."""

    def finish(self) -> PlannedRows:
        """What waited for the file's end, as the last order of a file of line items."""
