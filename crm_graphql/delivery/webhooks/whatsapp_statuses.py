"""Statuses of messages in Meta's webhooks: notices for the ledger, by the key that each brings back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import msgspec
from bson import ObjectId

from crm_graphql.bus.port import Bus
from crm_graphql.campaigns.lifecycle import hold_campaign
from crm_graphql.core.channels import Channel
from crm_graphql.delivery.documents import Delivery, DeliveryReason
from crm_graphql.delivery.messages import ReceiptStatus
from crm_graphql.delivery.receipts import campaigns_of
from crm_graphql.delivery.vendors.whatsapp.codes import Refusal, refusal_of
from crm_graphql.delivery.vendors.whatsapp.consequences import follow
from crm_graphql.delivery.webhooks.port import Notice, Returned, read_key
from crm_graphql.whatsapp.graph import GraphError
from crm_graphql.whatsapp.told import moment_of
from crm_graphql.whatsapp.windows import reached

_STATUSES = {
    "sent": ReceiptStatus.SENT,
    "delivered": ReceiptStatus.DELIVERED,
    # Each implies that it was delivered, and may be the only one.
    "read": ReceiptStatus.DELIVERED,
    "played": ReceiptStatus.DELIVERED,
    "failed": ReceiptStatus.FAILED,
}
_NOBODY = frozenset({Refusal.UNREACHABLE, Refusal.PERSON})
_FOR_ALL = frozenset({Refusal.TEMPLATE, Refusal.ACCOUNT})
"""What is still to be sent would fail alike."""
_NEWS_FOR = timedelta(minutes=15)
"""What is told later may be mended since: the campaign that somebody resumed is not paused for it."""


class _Status(msgspec.Struct):
    id: str
    status: str
    timestamp: str | int
    biz_opaque_callback_data: str | None = None
    errors: list[GraphError] = []


_status = msgspec.json.Decoder(_Status)


@dataclass(frozen=True, slots=True)
class ReadStatus:
    """A status: its notice, and whose refusal it tells of, where it does."""

    notice: Notice
    refusal: Refusal | None


def read_status(raw: msgspec.Raw, now: datetime) -> ReadStatus | None:
    """What a status says; None of a message that this deployment did not send, and of what says nothing new.

    Raises ValueError for what is no status.
    """
    told = _status.decode(raw)
    key = read_key(told.biz_opaque_callback_data or "")
    status = _STATUSES.get(told.status)
    if key is None or status is None:
        return None
    at = moment_of(told.timestamp, now)
    if status is not ReceiptStatus.FAILED:
        return ReadStatus(Notice(*key, status, at, vendor_message_id=told.id, channel=Channel.WHATSAPP), None)
    error = told.errors[0] if told.errors else None
    refusal = refusal_of(error.code) if error else Refusal.CONTENT
    notice = Notice(
        *key,
        status,
        at,
        DeliveryReason.BOUNCED if refusal in _NOBODY else DeliveryReason.VENDOR_REJECTED,
        error.text if error else None,
        told.id,
        Returned.SOFT if refusal in _NOBODY else None,
        str(error.code) if error else None,
        Channel.WHATSAPP,
    )
    return ReadStatus(notice, refusal)


async def follow_statuses(statuses: Sequence[ReadStatus], now: datetime, *, bus: Bus) -> None:
    """Do what refusals ask for, of the people whom the ledger names: a status may name nobody, or another.
    One that goes for all pauses its campaign."""
    refused = {_key(one.notice): one for one in statuses if one.refusal is not None}
    arrived = [one.notice for one in statuses if one.notice.status is ReceiptStatus.DELIVERED]
    addresses = await _addresses_of([*(one.notice for one in refused.values()), *arrived])
    await reached({addresses[key] for one in arrived if (key := one.delivery_id or "") in addresses})
    for key, one in refused.items():
        address = addresses.get(one.notice.delivery_id or "")
        if address is not None and one.refusal is not None:
            await follow(one.refusal, address, key, at=one.notice.occurred_at or now)
    for_all = [one.notice for one in refused.values() if one.refusal in _FOR_ALL]
    await _hold([one for one in for_all if now - (one.occurred_at or now) < _NEWS_FOR], bus)


async def _hold(notices: Sequence[Notice], bus: Bus) -> None:
    """Pause the campaigns of the messages, each with the words of one of them."""
    words = {one.delivery_id: one.reason_text or "" for one in notices if one.delivery_id}
    if not words:
        return
    found = {campaign: words[key] for key, campaign in (await campaigns_of({*words})).items()}
    for campaign, text in found.items():
        await hold_campaign(campaign, text, bus=bus)


def _key(notice: Notice) -> str:
    return f"{notice.delivery_id}-{notice.attempt}"


async def _addresses_of(notices: Sequence[Notice]) -> Mapping[str, str]:
    keys = [ObjectId(one.delivery_id) for one in notices if one.delivery_id]
    if not keys:
        return {}
    rows = Delivery.get_pymongo_collection().find(
        {"_id": {"$in": keys}, "channel": Channel.WHATSAPP.value}, {"address": 1}
    )
    return {str(row["_id"]): row["address"] async for row in rows if row.get("address")}
