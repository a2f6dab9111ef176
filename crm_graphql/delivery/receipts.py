"""Receipts from outside: checked, put to the campaign's writer, or parked until they can be."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime

import msgspec
from bson import ObjectId
from structlog import get_logger

from crm_graphql.bus.port import Bus, BusError
from crm_graphql.core.actor import Actor, Permission
from crm_graphql.core.errors import Faults, InvalidInput, RequiredInput
from crm_graphql.core.texts import is_storable
from crm_graphql.delivery.documents import Delivery, DeliveryReason, ParkedReceipt
from crm_graphql.delivery.ledger import CONCLUDED_FROM
from crm_graphql.delivery.messages import (
    RECEIPTS_A_MESSAGE,
    Receipt,
    ReceiptsArrived,
    ReceiptStatus,
    receipts_partition,
    receipts_queue,
)
from crm_graphql.mongo.leases import database_now

REASON_TEXT_LIMIT = 500
ATTEMPT_LIMIT = 1_000_000

_DELIVERY_ID = re.compile(r"[0-9a-fA-F]{24}")
_NOT_FROM_OUTSIDE = frozenset(CONCLUDED_FROM)
_log = get_logger(__name__)
_encode = msgspec.msgpack.Encoder().encode


def checked_receipt(receipt: Receipt, *, now: datetime) -> Receipt:
    """The receipt as it is recorded: its moment never after `now`, its text cut at 500 characters.

    Raises InvalidInput, naming each field, for what no vendor can mean.
    """
    faults = Faults()
    for check in (_check_delivery, _check_reason, _check_text):
        with faults.noted():
            check(receipt)
    faults.check()
    text, occurred_at = receipt.reason_text, receipt.occurred_at or now
    return msgspec.structs.replace(
        receipt,
        delivery_id=receipt.delivery_id.lower(),
        reason_text=text and text[:REASON_TEXT_LIMIT],
        occurred_at=min(occurred_at, now),
    )


def _check_delivery(receipt: Receipt) -> None:
    faults = Faults()
    with faults.noted():
        if not receipt.delivery_id:
            raise RequiredInput("The id of a delivery is needed.", path=("delivery_id",))
        if not _DELIVERY_ID.fullmatch(receipt.delivery_id):
            raise InvalidInput("This is not the id of a delivery: 24 hex digits.", path=("delivery_id",))
    with faults.noted():
        if receipt.attempt is not None and not 1 <= receipt.attempt <= ATTEMPT_LIMIT:
            raise InvalidInput("An attempt is a number from 1.", path=("attempt",))
    faults.check()


def _check_reason(receipt: Receipt) -> None:
    if receipt.reason is not None and receipt.status is not ReceiptStatus.FAILED:
        raise InvalidInput("Only a receipt of status FAILED has a reason.", path=("reason",))
    if receipt.reason in _NOT_FROM_OUTSIDE:
        reasons = ", ".join(one.value for one in DeliveryReason if one not in _NOT_FROM_OUTSIDE)
        raise InvalidInput(f"A receipt cannot say this; its reason is one of {reasons}.", path=("reason",))


def _check_text(receipt: Receipt) -> None:
    if receipt.reason_text is not None and not is_storable(receipt.reason_text):
        raise InvalidInput("The text holds a character that cannot be stored.", path=("reason_text",))


async def record_receipts(actor: Actor, receipts: Sequence[Receipt], *, bus: Bus, partitions: int) -> int:
    """Take checked receipts for good, in any order, any number of times. How many were taken: all.

    Those whose delivery is not known, and all when the bus is away, are parked and tried again. Requires
    RECEIPTS_WRITE.
    """
    actor.require(Permission.RECEIPTS_WRITE)
    await accept_receipts(receipts, bus=bus, partitions=partitions)
    return len(receipts)


async def accept_receipts(receipts: Sequence[Receipt], *, bus: Bus, partitions: int) -> None:
    """Make the receipts durable: with their campaigns' writers, or parked. For callers that are trusted."""
    campaigns = await campaigns_of({receipt.delivery_id for receipt in receipts})
    of_campaign: dict[ObjectId, list[Receipt]] = defaultdict(list)
    unknown: list[Receipt] = []
    for receipt in receipts:
        campaign_id = campaigns.get(receipt.delivery_id)
        (unknown if campaign_id is None else of_campaign[campaign_id]).append(receipt)
    for campaign_id, group in of_campaign.items():
        await forward_or_park(campaign_id, group, bus=bus, partitions=partitions)
    await park(unknown)


async def campaigns_of(delivery_ids: set[str]) -> Mapping[str, ObjectId]:
    """The campaign of each delivery that is known."""
    cursor = Delivery.get_pymongo_collection().find(
        {"_id": {"$in": [ObjectId(key) for key in delivery_ids]}}, {"campaign_id": 1}
    )
    return {str(row["_id"]): row["campaign_id"] async for row in cursor}


async def forward_receipts(
    campaign_id: ObjectId,
    receipts: Sequence[Receipt],
    *,
    bus: Bus,
    partitions: int,
    token: str | None = None,
) -> None:
    """Publish the receipts to the campaign's writer, in order. Raises BusError."""
    messages = [
        ReceiptsArrived(
            campaign_id=str(campaign_id),
            receipts=list(receipts[start : start + RECEIPTS_A_MESSAGE]),
            token=token,
        )
        for start in range(0, len(receipts), RECEIPTS_A_MESSAGE)
    ]
    if messages:
        await bus.publish(receipts_queue(receipts_partition(campaign_id, partitions)), *messages)


async def forward_or_park(
    campaign_id: ObjectId,
    receipts: Sequence[Receipt],
    *,
    bus: Bus,
    partitions: int,
    token: str | None = None,
) -> None:
    """Publish, and where the bus cannot take them keep them in the database: durable either way."""
    try:
        await forward_receipts(campaign_id, receipts, bus=bus, partitions=partitions, token=token)
    except BusError as error:
        _log.warning("receipts parked, the bus is away", count=len(receipts), error=str(error))
        await park(receipts)


async def park(receipts: Sequence[Receipt]) -> None:
    """Keep receipts for the reconciler to try again."""
    if not receipts:
        return
    now = await database_now()
    await ParkedReceipt.get_pymongo_collection().insert_many(
        [{"receipt": _encode(receipt), "parked_at": now, "tried_at": now} for receipt in receipts]
    )
