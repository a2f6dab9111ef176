"""Plans of files in tests: CSV read by the standard library, its rows by the name of their field."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from msgspec import UNSET

from crm_graphql.imports.kinds import IngestionKind
from crm_graphql.imports.mapping import plan
from crm_graphql.imports.plans import ImportOptions, ImportRequest, Plan, PlannedRows
from crm_graphql.imports.rows import LAYOUTS, RowProblem
from crm_graphql.imports.tables import Batch, FileFormat

CUSTOMERS, ORDERS, SUPPRESSIONS = IngestionKind.CUSTOMERS, IngestionKind.ORDERS, IngestionKind.SUPPRESSIONS
DATA = Path(__file__).parents[1] / "data"


def table_of(text: str, delimiter: str = ",") -> tuple[list[str], list[list[Any]], list[int]]:
    """Headings, rows as wide as these, and the line on which each begins."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    headings = next(reader)
    rows, lines, line = [], [], reader.line_num + 1
    for row in reader:
        rows.append([*row, *[""] * (len(headings) - len(row))][: len(headings)])
        lines.append(line)
        line = reader.line_num + 1
    return headings, rows, lines


def planned(
    kind: IngestionKind,
    text: str,
    *,
    request: ImportRequest | None = None,
    delimiter: str = ",",
    country: str | None = None,
    currency: str = "USD",
    cut: int = 1000,
    **options: Any,
) -> tuple[Plan, PlannedRows]:
    """The plan of a CSV file and all its rows, read `cut` at a time."""
    headings, rows, lines = table_of(text, delimiter)
    asked = request or ImportRequest(options=ImportOptions(**options))
    made: Plan = plan(kind, headings, rows[:1000], asked, country=country, currency=currency)
    made.require_readable()
    return made, read_all(made, rows, lines, cut)


def read_all(made: Plan, rows: Sequence[Any], lines: Sequence[int], cut: int = 1000) -> PlannedRows:
    """All rows of a file by its plan."""
    parts = [made.read(Batch(rows[at : at + cut], lines[at : at + cut])) for at in range(0, len(rows), cut)]
    parts.append(made.finish())
    return PlannedRows(
        [row for part in parts for row in part.rows],
        [line for part in parts for line in part.lines],
        [cells for part in parts for cells in part.cells],
    )


def records(kind: IngestionKind, found: PlannedRows) -> list[dict[str, Any] | RowProblem]:
    """Each row by its fields' names in files, without what it does not give."""
    keys = LAYOUTS[kind].keys
    return [
        row
        if isinstance(row, RowProblem)
        else {key: value for key, value in zip(keys, row, strict=True) if value is not UNSET and value != ""}
        for row in found.rows
    ]


def rows_of(kind: Any, text: str, **asked: Any) -> list[Any]:
    """The records of a CSV file."""
    return records(kind, planned(kind, text, **asked)[1])


def problem_of(kind: Any, text: str, **asked: Any) -> RowProblem:
    """What is wrong with the only row of a CSV file."""
    (found,) = rows_of(kind, text, **asked)
    assert isinstance(found, RowProblem), found
    return found


def read_file(kind: IngestionKind, name: str, **asked: Any) -> tuple[Plan, list[Any]]:
    """The plan and the records of one of the files in tests/data."""
    made, found = planned(kind, (DATA / name).read_text(encoding="utf-8-sig"), **asked)
    return made, records(kind, found)


def json_plan(
    kind: IngestionKind, records: Sequence[dict[str, Any]], request: ImportRequest | None = None
) -> tuple[Plan, list[list[Any]]]:
    """The plan of objects whose keys are headings, and their cells."""
    headings = list(dict.fromkeys(key for one in records for key in one))
    rows = [[one.get(key, UNSET) for key in headings] for one in records]
    made = plan(
        kind, headings, rows, request or ImportRequest(), country=None, currency="USD", format=FileFormat.JSON
    )
    return made, rows
