"""Titles of a timeline's entries: one English sentence each."""

from __future__ import annotations

from crm_graphql.core.channels import Channel
from crm_graphql.core.money import for_reading
from crm_graphql.core.paging import Row
from crm_graphql.customers.words import ConsentStatus
from crm_graphql.delivery.documents import DeliveryStatus

_CHANNELS = {Channel.EMAIL: "email", Channel.SMS: "SMS", Channel.WHATSAPP: "WhatsApp"}
_BECAME = {
    DeliveryStatus.QUEUED: "waits to be sent",
    DeliveryStatus.SENT: "was sent",
    DeliveryStatus.DELIVERED: "arrived",
    DeliveryStatus.FAILED: "did not arrive",
    DeliveryStatus.SKIPPED: "was not sent",
}
_SAID = {
    ConsentStatus.SUBSCRIBED: "Said yes to",
    ConsentStatus.UNSUBSCRIBED: "Said no to",
    ConsentStatus.PENDING: "Has not confirmed yet:",
}
NAMED_FIELDS = 6


def order_title(row: Row) -> str:
    """Of an order, or a refund."""
    amount = for_reading(abs(row["amount"]), row["currency"])
    return f"{'Got back' if row['amount'] < 0 else 'Ordered for'} {amount} ({row['external_id']})."


def delivery_title(row: Row, campaign: str) -> str:
    """Of a message of the campaign with this name."""
    channel = _CHANNELS[Channel(row["channel"])]
    reason = f": {row['reason'].replace('_', ' ').lower()}" if row.get("reason") else ""
    return f'The {channel} "{campaign}" {_BECAME[DeliveryStatus(row["status"])]}{reason}.'


def open_title(row: Row, campaign: str) -> str:
    """Of the first opening of a message of the campaign with this name."""
    return f'Opened the {_CHANNELS[Channel(row["channel"])]} "{campaign}".'


def click_title(row: Row, campaign: str) -> str:
    """Of the first click on a link in a message of the campaign with this name."""
    return f'Followed a link in the {_CHANNELS[Channel(row["channel"])]} "{campaign}".'


def word_title(row: Row, topic: str) -> str:
    """Of a word on the topic with this name."""
    channel = _CHANNELS[Channel(row["channel"])]
    return f'{_SAID[ConsentStatus(row["status"])]} "{topic}" by {channel} ({row["source"]}).'


def change_title(row: Row) -> str:
    """Of a change of fields."""
    fields = [change["field"].replace("_", " ") for change in row["changes"]]
    more = len(fields) - NAMED_FIELDS
    named = [*fields[:NAMED_FIELDS], *([f"{more} more"] if more > 0 else ())]
    *rest, last = named
    return f"Changed {', '.join(rest)}{' and ' if rest else ''}{last}."


def merge_title(row: Row) -> str:
    """Of a merge."""
    return f"Merged with {row['merged']['external_id']}."
