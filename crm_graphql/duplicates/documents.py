"""Shared addresses as MongoDB holds them: one row for each that at least two customers have."""

from __future__ import annotations

from typing import ClassVar

from beanie import Document
from pymongo import ASCENDING, DESCENDING, IndexModel


class SharedAddress(Document):
    """An address and how many customers have it; `counting.py` keeps it. One that fewer have is not there."""

    id: str  # type: ignore[assignment]
    """As it is noted: `<field>:<address>`."""
    by: str
    value: str
    """In folded case."""
    customers: int

    class Settings:
        """Collection and indexes."""

        name = "shared_addresses"
        indexes: ClassVar[list[IndexModel]] = [
            # The list, those that most share first.
            IndexModel([("customers", DESCENDING), ("_id", ASCENDING)], name="most_shared"),
        ]
