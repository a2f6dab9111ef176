"""Asking before sending: who of a ledger's rows must not be written to, by what is known at this moment."""

from __future__ import annotations

import asyncio
from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Any, NamedTuple

from bson import ObjectId

from crm_graphql.consents.addresses import compared, hash_key, hashed, suppressed_on
from crm_graphql.consents.documents import Suppression
from crm_graphql.consents.reconcile import SETTLED_AFTER
from crm_graphql.core.channels import Channel
from crm_graphql.customers.documents import ConsentWord
from crm_graphql.customers.erased import erased_since
from crm_graphql.customers.merged import found_by_keys, merged_since
from crm_graphql.customers.words import ConsentStatus, may_write

FEW = 200
"""So much that was heard since is read as a whole; with more, the recipients' own are looked up."""


class Refusal(Enum):
    """Why somebody is not written to."""

    ERASED = "ERASED"
    SUPPRESSED = "SUPPRESSED"
    NO_CONSENT = "NO_CONSENT"


class Recipient(NamedTuple):
    """Whom a message is for, and the address it goes to."""

    customer_id: ObjectId | None
    address: str


@dataclass(frozen=True, slots=True)
class Topical:
    """A campaign's topic as it was frozen at launch."""

    id: ObjectId
    slug: str
    is_opt_out: bool

    @classmethod
    def of(cls, campaign: Mapping[str, Any]) -> Topical | None:
        """That of a campaign's document; None where it has none."""
        topic = campaign.get("topic")
        return None if topic is None else cls(topic["id"], topic["slug"], topic["is_opt_out"])

    def path(self, channel: Channel) -> str:
        """Where a customer's document holds the status that counts."""
        return f"folded.consent.{self.slug}.{channel.value}"

    def allows(self, customer: Mapping[str, Any], channel: Channel) -> bool:
        """Whether a customer, of whom `path` was fetched, may be written to."""
        said = customer.get("folded", {}).get("consent", {}).get(self.slug, {}).get(channel.value)
        return may_write(ConsentStatus(said.upper()) if said else None, is_opt_out=self.is_opt_out)


async def refused_now(
    channel: Channel, topic: Topical | None, customers: Sequence[tuple[Mapping[str, Any], str | None]]
) -> Sequence[Refusal | None]:
    """For each customer, of whom the topic's path was fetched, and the address that counts: why they are not
    written to, as of now. For planning; what is heard from then on `refused_since` finds."""
    closed = await suppressed_on({address for _, address in customers if address}, channels=(channel,))
    return [
        Refusal.SUPPRESSED
        if address in closed
        else (None if topic is None or topic.allows(customer, channel) else Refusal.NO_CONSENT)
        for customer, address in customers
    ]


async def refused_since(
    planned_from: datetime, channel: Channel, topic: Topical | None, recipients: Sequence[Recipient]
) -> Sequence[Refusal | None]:
    """For each recipient of a ledger whose planning began at this moment of the database's clock: why nothing
    may be sent any more.

    A word, a suppression or an erasure whose writer was answered before this is asked is always seen. Where
    little was heard since, it reads that and nothing of the recipients.
    """
    since = planned_from - SETTLED_AFTER
    closed, unwilling, erased = await asyncio.gather(
        _closed_since(since, channel, recipients),
        _unwilling_since(since, channel, topic, recipients),
        erased_since(since, [one.customer_id for one in recipients if one.customer_id]),
    )

    def refusal(one: Recipient) -> Refusal | None:
        if one.customer_id in erased:
            return Refusal.ERASED
        if one.address in closed:
            return Refusal.SUPPRESSED
        return Refusal.NO_CONSENT if one.customer_id in unwilling else None

    return [refusal(one) for one in recipients]


async def _closed_since(since: datetime, channel: Channel, recipients: Sequence[Recipient]) -> Container[str]:
    rows = (
        Suppression.get_pymongo_collection()
        .find({"channel": channel.value, "touched_at": {"$gte": since}}, {"_id": 0, "key": 1})
        .hint("touched_at")
        .limit(FEW + 1)
    )
    keys = {bytes(row["key"]) async for row in rows}
    if not keys:
        return ()
    if len(keys) > FEW:
        return await suppressed_on({one.address for one in recipients}, channels=(channel,))
    key = await hash_key()
    return {one.address for one in recipients if hashed(compared(one.address), key) in keys}


async def _unwilling_since(
    since: datetime, channel: Channel, topic: Topical | None, recipients: Sequence[Recipient]
) -> Container[ObjectId | None]:
    """Those who said something on the topic since, or were merged, and may not be written to."""
    if topic is None:
        return ()
    heard = {"topic_id": topic.id, "channel": channel.value, "heard_at": {"$gte": since}}
    rows = (
        ConsentWord.get_pymongo_collection()
        .find(heard, {"_id": 0, "customer_id": 1})
        .hint("heard_at")
        .limit(FEW + 1)
    )
    spoke = {row["customer_id"] async for row in rows}
    asked = {one.customer_id for one in recipients if one.customer_id}
    merged = await merged_since(since, asked)
    if len(spoke) <= FEW:
        # Who was merged may have said no long ago, as the other of the two.
        asked &= spoke | {*merged, *merged.values()}
    if not asked:
        return ()
    found = await found_by_keys(asked, {topic.path(channel): 1})
    return asked - {key for key, row in found.items() if topic.allows(row, channel)}
