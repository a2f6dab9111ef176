"""A customer as a checked record of an ingestion, and what applying records did."""

from __future__ import annotations

from datetime import datetime
from typing import Any, NamedTuple

import msgspec
from bson import ObjectId

from crm_graphql.core.channels import Channel
from crm_graphql.customers.words import ConsentStatus, Place, Word

OPENING_FIELDS = ("total_spend", "visit_count", "last_visit_at")
"""Fields of a record that are opening balances; orders add to them."""


class SaidWord(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """What one row says that a customer said; see `words.py`."""

    topic_id: str
    slug: str
    channel: Channel
    status: ConsentStatus
    at: datetime
    source: str
    is_dated: bool

    def word(self) -> Word:
        """The word itself."""
        place = Place(ObjectId(self.topic_id), self.slug, self.channel)
        return Word(place, self.status, self.at, self.source, self.is_dated)


class AddressWord(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """What one row of a file says of an address: that it is closed on a channel, and why, or open again.

    `address` is as suppressions compare it; None: the one that the customer has when the row is applied.
    `closed_for` is the value of a SuppressionReason; None: a yes of which it is known when it was said.
    """

    channel: Channel
    address: str | None
    closed_for: str | None
    at: datetime


class CustomerRecord(msgspec.Struct, array_like=True, frozen=True, gc=False, omit_defaults=True):
    """What one row says of a customer.

    `changes` holds only the fields that the row gives, null where it clears one (tags: an empty list); money
    is in ten-thousandths, times are aware UTC in whole milliseconds. `source_id` is one that the customer has
    in another system: it is added to those that are known. `custom` has values of custom fields by slot,
    `metadata` JSON texts by key; null clears one.
    """

    row: int
    external_id: str
    changes: dict[str, Any]
    words: tuple[SaidWord, ...] = ()
    address_words: tuple[AddressWord, ...] = ()
    source_id: str | None = None
    custom: dict[str, Any] | None = None
    metadata: dict[str, str | None] | None = None


class Applied(NamedTuple):
    """What became of applied records; the three add up to their number."""

    created: int
    updated: int
    unchanged: int
