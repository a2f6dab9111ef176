"""Widths of tables: how many columns there may be, and how far a row is filled up to them."""

from __future__ import annotations

COLUMNS_LIMIT = 10_000
ALWAYS_FILLED = 64
"""Rows of a table up to this wide are filled up however short they are."""
CELLS_A_BYTE = 16
"""In a wider one a row is filled up to so many cells for each of its bytes, so that a file of many columns
and of short rows takes memory in proportion to its size."""


def may_be_filled(columns: int, size: int) -> bool:
    """Whether a row of `size` bytes is made as wide as so many columns."""
    return columns <= ALWAYS_FILLED or columns <= size * CELLS_A_BYTE
