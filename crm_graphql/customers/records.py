"""A customer as a checked record of an ingestion, and what applying records did."""

from __future__ import annotations

from typing import Any, NamedTuple

import msgspec

OPENING_FIELDS = ("total_spend", "visit_count", "last_visit_at")
"""Fields of a record that are opening balances; orders add to them."""


class CustomerRecord(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """What one row says of a customer.

    `changes` holds only the fields that the row gives, null where it clears one (tags: an empty list); money
    is in ten-thousandths, times are aware UTC in whole milliseconds.
    """

    row: int
    external_id: str
    changes: dict[str, Any]


class Applied(NamedTuple):
    """What became of applied records; the three add up to their number."""

    created: int
    updated: int
    unchanged: int
