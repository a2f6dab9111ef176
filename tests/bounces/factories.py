"""Makes notices, and reads what they led to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from bson import ObjectId

from crm_graphql.bounces.documents import Bounce
from crm_graphql.bounces.intake import accept_notices
from crm_graphql.bounces.settling import settle_open
from crm_graphql.consents.documents import Suppression
from crm_graphql.delivery.documents import Delivery, DeliveryReason
from crm_graphql.delivery.messages import ReceiptStatus
from crm_graphql.delivery.webhooks.port import Notice, Returned
from crm_graphql.resources import Resources

Row = Mapping[str, Any]


def notice(delivery_id: str, kind: Returned = Returned.HARD, **more: Any) -> Notice:
    """That the message came back, or was complained of."""
    is_complaint = kind is Returned.COMPLAINT
    values: dict[str, Any] = {
        "attempt": 1,
        "status": ReceiptStatus.FAILED,
        "reason": DeliveryReason.COMPLAINED if is_complaint else DeliveryReason.BOUNCED,
        "reason_text": "550 5.1.1 no such user",
        "code": "5.1.1",
        **more,
    }
    return Notice(delivery_id, returned=kind, **values)


async def take(resources: Resources, *notices: Notice) -> None:
    """Make them durable, and settle what is open."""
    await accept_notices(notices, settings=resources.settings, bus=resources.bus, clock=resources.clock)
    await settle(resources)


async def settle(resources: Resources, **changes: Any) -> int:
    """One round, by other settings."""
    settings = resources.settings.model_copy(update=changes)
    return await settle_open(settings=settings, bus=resources.bus, clock=resources.clock)


async def bounces() -> Sequence[Row]:
    """All of them, as they are stored."""
    return await Bounce.get_pymongo_collection().find().sort("_id").to_list()


async def suppressions() -> dict[str, str]:
    """The suppressed addresses, each with its reason."""
    rows = await Suppression.get_pymongo_collection().find().to_list()
    return {row["address"]: row["reason"] for row in rows}


async def give_address(delivery_id: str, address: str) -> None:
    """Have the delivery go to this address."""
    await Delivery.get_pymongo_collection().update_one(
        {"_id": ObjectId(delivery_id)}, {"$set": {"address": address}}
    )
