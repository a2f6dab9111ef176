"""The kinds of records that come in."""

from __future__ import annotations

from enum import Enum


class IngestionKind(Enum):
    """What the records are."""

    CUSTOMERS = "CUSTOMERS"
    ORDERS = "ORDERS"
    SUPPRESSIONS = "SUPPRESSIONS"
