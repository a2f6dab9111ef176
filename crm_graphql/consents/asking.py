"""Asking before sending: who of a ledger's rows must not be written to, by what is known at this moment."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any, NamedTuple

from bson import ObjectId

from crm_graphql.consents.addresses import suppressed_on
from crm_graphql.core.channels import TRAITS, Channel
from crm_graphql.customers.documents import Customer
from crm_graphql.customers.words import ConsentStatus, may_write


class Refusal(Enum):
    """Why somebody is not written to."""

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


def refusal_in(customer: Mapping[str, Any], channel: Channel, topic: Topical | None) -> Refusal | None:
    """Why a customer with an address is not written to, by the marks on the document: enough for planning,
    while sending asks `refused`. Needs `reach` and the topic's path."""
    if customer.get("reach", 0) & TRAITS[channel].suppressed_bit:
        return Refusal.SUPPRESSED
    return None if topic is None or topic.allows(customer, channel) else Refusal.NO_CONSENT


async def refused(
    channel: Channel, topic: Topical | None, recipients: Sequence[Recipient]
) -> Sequence[Refusal | None]:
    """For each recipient why nothing may be sent, by suppressions and words that are committed now.

    A word or a suppression whose writer was answered before this is asked is always seen. With a topic, a
    customer who is no more counts as without consent. At most two reads, both by an index.
    """
    suppressed = await suppressed_on({one.address for one in recipients}, channels=(channel,))
    allowed = await _allowed(channel, topic, {one.customer_id for one in recipients if one.customer_id})
    return [
        Refusal.SUPPRESSED
        if one.address in suppressed
        else (None if allowed is None or one.customer_id in allowed else Refusal.NO_CONSENT)
        for one in recipients
    ]


async def _allowed(
    channel: Channel, topic: Topical | None, customers: set[ObjectId]
) -> frozenset[ObjectId] | None:
    """Those who may be written to about the topic; None where there is no topic."""
    if topic is None:
        return None
    rows = Customer.get_pymongo_collection().find({"_id": {"$in": list(customers)}}, {topic.path(channel): 1})
    return frozenset([row["_id"] async for row in rows if topic.allows(row, channel)])
