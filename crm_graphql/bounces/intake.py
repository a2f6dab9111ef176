"""The intake of notices: what they say is durable once it returns, and twice is once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

import msgspec
from structlog import get_logger

from crm_graphql.bus.port import Bus
from crm_graphql.core.clock import Clock
from crm_graphql.core.errors import InvalidInput
from crm_graphql.core.texts import storable
from crm_graphql.delivery.messages import Receipt
from crm_graphql.delivery.receipts import accept_receipts, checked_receipt
from crm_graphql.delivery.webhooks.port import Notice

_log = get_logger(__name__)


async def accept_notices(notices: Sequence[Notice], *, bus: Bus, partitions: int, clock: Clock) -> None:
    """Make the notices durable. For callers that are trusted; a notice that nobody can mean is left out.

    Raises what the database raises: then the same may be said again.
    """
    receipts = list(_receipts(notices, clock.now()))
    await accept_receipts(receipts, bus=bus, partitions=partitions)


def _receipts(notices: Sequence[Notice], now: datetime) -> Iterator[Receipt]:
    for notice in notices:
        receipt = notice.receipt
        if receipt is None:
            continue
        text = receipt.reason_text
        receipt = msgspec.structs.replace(receipt, reason_text=text and storable(text))
        try:
            yield checked_receipt(receipt, now=now)
        except InvalidInput as error:
            _log.warning("a notice is left out", problem=str(error))
