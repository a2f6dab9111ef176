"""Exported files: how the product's own files keep cells from spreadsheets, and come in again as they were.

`defused` and `undone` are exact inverses of each other, whatever the text.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from crm_graphql.imports.rows import RowProblem
from crm_graphql.imports.tables import Batch, Cells

MARK = "exported_at"
"""The column that every export has, and by which it is known when it comes in again."""
OPENINGS = {
    "opening_total_spend": "total_spend",
    "opening_visit_count": "visit_count",
    "opening_last_visit_at": "last_visit_at",
}
"""What a customer's file brings: the balances without what orders added. The totals beside them are to be
read by people."""

RISKY = frozenset("=+-@\t\r\n＝＋－＠'")
"""By these a spreadsheet takes a cell for a formula (OWASP), but for the last, which keeps it from that."""
_NUMBER = re.compile(r"[+-]?\d+(?:[.,]\d+)*", re.ASCII)


def defused(text: str) -> str:
    """The text as a cell that no spreadsheet runs. A number is no formula: +4722000002 stays."""
    if text[:1] in RISKY and text and not _NUMBER.fullmatch(text):
        return f"'{text}"
    return text


def undone(cell: Any) -> Any:
    """The text that was defused."""
    return cell[1:] if type(cell) is str and cell[:1] == "'" else cell


def is_exported(headings: Sequence[str]) -> bool:
    """Whether a file under these headings was exported by this product."""
    return MARK in headings


def as_exported(batch: Batch) -> Batch:
    """The rows of a CSV file as they were before they were defused."""
    rows = [row if isinstance(row, RowProblem) else _undone(row) for row in batch.rows]
    return Batch(rows, batch.lines)


def _undone(row: Cells) -> Cells:
    return [undone(cell) for cell in row]
