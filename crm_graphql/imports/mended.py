"""Mended files: refused rows that were given out to be mended, and come in again."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from crm_graphql.imports.rows import RowProblem
from crm_graphql.imports.tables import Batch, Cells

ERROR_COLUMNS = ("error", "error_column")
"""What is added to the columns of a file whose refused rows are given out."""
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
_DEFUSED = tuple(f"'{sign}" for sign in _FORMULA)
_NUMBER = re.compile(r"[+-]?\d+(?:[.,]\d+)*", re.ASCII)


def defused(text: str) -> str:
    """The cell for a file that people open; what a spreadsheet would run is kept from it by an apostrophe.
    Numbers are no formulas."""
    return f"'{text}" if text.startswith(_FORMULA) and not _NUMBER.fullmatch(text) else text


def is_mended(headings: Sequence[str]) -> bool:
    """Whether a file under these headings was given out by this product."""
    return all(column in headings for column in ERROR_COLUMNS)


def as_it_was(batch: Batch) -> Batch:
    """The rows without the apostrophes that `defused` put there."""
    rows = [row if isinstance(row, RowProblem) else _plain(row) for row in batch.rows]
    return Batch(rows, batch.lines)


def _plain(row: Cells) -> Cells:
    return [_undone(cell) for cell in row]


def _undone(cell: Any) -> Any:
    return cell[1:] if type(cell) is str and cell.startswith(_DEFUSED) else cell
