"""The order as MongoDB holds it, and counts of orders by time, each index beside the query it serves."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

from beanie import Document, PydanticObjectId
from pymongo import ASCENDING, DESCENDING, IndexModel


class Order(Document):
    """A purchase, or a refund when `amount` (ten-thousandths) is negative.

    `version` is that of the record it came from: an older record changes nothing. A record may leave
    `quantity` out, which then stays, so `quantity_version` is that of the record that gave it.
    """

    external_id: str
    customer_id: PydanticObjectId
    amount: int
    currency: str
    quantity: int | None = None
    ordered_at: datetime
    version: int
    quantity_version: int | None = None
    created_at: datetime
    updated_at: datetime

    class Settings:
        """Collection and indexes."""

        name = "orders"
        indexes: ClassVar[list[IndexModel]] = [
            # Look-up by the caller's key; ingestion's look-up of existing orders.
            IndexModel([("external_id", ASCENDING)], name="external_id", unique=True),
            # A customer's orders, newest first; its first and last visit when an order moved away.
            IndexModel(
                [("customer_id", ASCENDING), ("ordered_at", DESCENDING), ("_id", DESCENDING)],
                name="customer_ordered_at",
            ),
            # All orders, newest first, and ranges of time.
            IndexModel([("ordered_at", DESCENDING), ("_id", DESCENDING)], name="ordered_at"),
        ]


class OrderCounts(Document):
    """Orders and their worth by quarter of an hour, packed as `counts.Counts` packs them.

    Where `month` is set, all that was folded of a month (UTC, since year 0); where it is null, what one
    transaction has added or taken away. The truth is the sum of all documents, however they are folded.
    """

    month: int | None = None
    slots: bytes
    orders: bytes
    amounts: bytes

    class Settings:
        """Collection and indexes."""

        name = "order_counts"
        indexes: ClassVar[list[IndexModel]] = [
            # A range of months; what is not folded yet.
            IndexModel([("month", ASCENDING)], name="month"),
        ]


class OrderChanges(Document):
    """Orders that changed, and were not followed yet: their ids, of twelve bytes each."""

    orders: bytes

    class Settings:
        """Collection."""

        name = "order_changes"


WALK = "orders"
"""The id of the one walk."""


class OrderCountsWalk(Document):
    """How far all orders have been counted again, day after day."""

    id: str  # type: ignore[assignment]
    next_at: datetime | None = None
    """The day (UTC) with which it goes on; null: from the first one."""
    is_complete: bool = False
    """All orders were counted once: from then on the counts are whole."""

    class Settings:
        """Collection."""

        name = "order_counts_walk"
