"""The messages of delivery, and the queues they go to."""

from __future__ import annotations

import zlib
from datetime import datetime
from enum import Enum
from typing import ClassVar

import msgspec

from crm_graphql.bus.port import Message, PartitionedQueue, Queue
from crm_graphql.delivery.documents import DeliveryReason
from crm_graphql.mongo.turns import TurnMessage, TurnQueue

SEND_QUEUE = Queue("campaign.send")
receipts_queue = PartitionedQueue("receipts")
"""Its partitions are of campaigns: see `receipts_partition`."""

RECEIPTS_A_MESSAGE = 500
"""The most receipts that one message carries."""


class ReceiptStatus(Enum):
    """What a receipt, or a vendor's answer, says of one message."""

    SENT = "SENT"
    DELIVERED = "DELIVERED"
    FAILED = "FAILED"


class Receipt(msgspec.Struct, frozen=True, array_like=True, omit_defaults=True):
    """News of one delivery, from a vendor's answer, a vendor's receipt, or our own waiting.

    `delivery_id` is 24 hex digits. `attempt` is None for "the latest", `occurred_at` for "when it is read".
    """

    delivery_id: str
    status: ReceiptStatus
    occurred_at: datetime | None = None
    attempt: int | None = None
    reason: DeliveryReason | None = None
    reason_text: str | None = None
    vendor_message_id: str | None = None
    is_skip: bool = False
    """There was nothing to send: FAILED means SKIPPED. Only we say so, of a message that no vendor had."""
    segments: int | None = None
    """Of an SMS: how many the vendor charges."""


class CampaignSend(TurnMessage, frozen=True, kw_only=True):
    """A campaign has ranges to send. Which ones is found, and claimed, in the database."""

    kind: ClassVar[str] = "campaign.send"


SEND_TURNS = TurnQueue(SEND_QUEUE, CampaignSend, places=4)
"""Its places say how long others wait behind a campaign, not how fast it is: a message is passed on before
its range is sent."""


class ReceiptsArrived(Message, frozen=True, kw_only=True):
    """Receipts of one campaign, for its writer. `token` is that of the sender's claim, for the logs."""

    kind: ClassVar[str] = "delivery.receipts_arrived"

    campaign_id: str
    receipts: list[Receipt]
    token: str | None = None


def receipts_partition(campaign_id: object, partitions: int) -> int:
    """The partition of a campaign: all its receipts meet in one queue."""
    return zlib.crc32(str(campaign_id).encode()) % partitions
