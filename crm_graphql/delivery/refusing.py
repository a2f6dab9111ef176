"""Rows of a claimed range whose people said no after they were planned: told apart before it is sent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from crm_graphql.consents.asking import Recipient, Refusal, Topical, refused_since
from crm_graphql.consents.reconcile import SETTLED_AFTER
from crm_graphql.core.channels import Channel
from crm_graphql.delivery.documents import DeliveryReason
from crm_graphql.delivery.merging import second_messages

Row = Mapping[str, Any]

_TEXTS = {
    Refusal.ERASED: "The customer was erased before it was sent.",
    Refusal.SUPPRESSED: "The address was suppressed before it was sent.",
    Refusal.NO_CONSENT: "The customer said no, or took back a yes, before it was sent.",
}
_ENDS = {
    DeliveryReason.CANCELLED: "The campaign was cancelled before it was sent.",
    DeliveryReason.EXPIRED: "The campaign's end had passed before it was sent.",
}
_SECOND = "The customer was merged with another, who gets this campaign."


@dataclass(frozen=True, slots=True)
class RefusedRow:
    """A message that is not to be sent any more, by the key that vendors know it by."""

    key: str
    reason: DeliveryReason
    text: str


def key_of(row: Row) -> str:
    """The key by which a vendor knows the message of a delivery's attempt."""
    return f"{row['_id']}-{row['attempt']}"


def ended(rows: Sequence[Row], end: DeliveryReason) -> list[RefusedRow]:
    """These are not to be sent, for their campaign has ended: CANCELLED or EXPIRED."""
    return [RefusedRow(key_of(row), end, _ENDS[end]) for row in rows]


async def without_refused(campaign: Row, rows: Sequence[Row]) -> tuple[Sequence[Row], list[RefusedRow]]:
    """The rows that may be sent, and the others, by what is committed now."""
    planned_from = campaign["launched_at"]
    refusals = await refused_since(
        planned_from,
        Channel(campaign["channel"]),
        Topical.of(campaign),
        [Recipient(row["customer_id"], row["address"]) for row in rows],
    )
    refused = [
        RefusedRow(key_of(row), DeliveryReason[refusal.name], _TEXTS[refusal])
        for row, refusal in zip(rows, refusals, strict=True)
        if refusal is not None
    ]
    allowed = [row for row, refusal in zip(rows, refusals, strict=True) if refusal is None]
    second = await second_messages(campaign, allowed, planned_from - SETTLED_AFTER)
    refused += [
        RefusedRow(key_of(row), DeliveryReason.DUPLICATE_ADDRESS, _SECOND)
        for row in allowed
        if row["_id"] in second
    ]
    return [row for row in allowed if row["_id"] not in second], refused
