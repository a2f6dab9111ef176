"""The version of an ingested record: (number of its ingestion, row), in one integer that compares."""

from __future__ import annotations

_ROW_BITS = 31
ROW_LIMIT = 1 << _ROW_BITS
"""Rows of one ingestion are below this."""
NUMBERS = "ingestions"
"""The counter of the numbers. Edits take theirs from it too, so that they have a place among ingestions."""


def record_version(ingestion_number: int, row: int) -> int:
    """The version of the record in `row` (from 0) of the ingestion with this number.

    A later ingestion beats every row of an earlier one; within one, a later row beats an earlier.
    """
    return ingestion_number << _ROW_BITS | row
