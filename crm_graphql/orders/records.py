"""An order as a checked record of an ingestion."""

from __future__ import annotations

from datetime import datetime

import msgspec


class OrderRecord(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """What one row says of an order.

    `amount` is in ten-thousandths, negative for a refund; `ordered_at` aware UTC in whole milliseconds.
    `gives_quantity` tells a quantity that is cleared (null) from one that was left out.
    """

    row: int
    external_id: str
    customer_external_id: str
    amount: int
    currency: str
    ordered_at: datetime
    quantity: int | None = None
    gives_quantity: bool = False
