"""The order as MongoDB holds it, with each index beside the query that it serves."""

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
