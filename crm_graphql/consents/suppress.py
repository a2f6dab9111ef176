"""Suppressing addresses and lifting that: rows that sending asks, marks on the customers who have them."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from pymongo import UpdateOne
from pymongo.asynchronous.client_session import AsyncClientSession

from crm_graphql.consents.addresses import hash_key, hashed
from crm_graphql.consents.documents import Suppression, SuppressionReason
from crm_graphql.core.channels import TRAITS, Channel
from crm_graphql.core.paging import Row
from crm_graphql.customers.documents import Customer


async def suppress(
    channel: Channel,
    addresses: Collection[str],
    reason: SuppressionReason,
    *,
    now: datetime,
    session: AsyncClientSession | None = None,
) -> Mapping[str, Row]:
    """The suppression of each of these compared addresses, made where there was none.

    In force for sending as soon as this returns. The marks on customers, by which rules and previews count,
    follow; those of a customer who gets the address at the same moment follow within a minute.
    """
    if not addresses:
        return {}
    key = await hash_key()
    by_hash = {hashed(address, key): address for address in addresses}
    suppressions = Suppression.get_pymongo_collection()
    await suppressions.bulk_write(
        [
            UpdateOne(
                {"channel": channel.value, "key": hash_},
                {"$setOnInsert": {"address": address, "reason": reason.value, "created_at": now}},
                upsert=True,
            )
            for hash_, address in by_hash.items()
        ],
        ordered=False,
        session=session,
    )
    rows = suppressions.find({"channel": channel.value, "key": {"$in": list(by_hash)}}, session=session)
    found = {by_hash[bytes(row["key"])]: row async for row in rows}
    await mark(channel, addresses, session=session)
    return found


async def mark(
    channel: Channel, addresses: Collection[str], *, session: AsyncClientSession | None = None
) -> None:
    """Mark the customers who have one of the addresses. Idempotent."""
    await Customer.get_pymongo_collection().update_many(
        {**_who_have(channel, addresses), "suppressed": {"$ne": channel.value}},
        {
            "$addToSet": {"suppressed": channel.value, "folded.suppressed": channel.value.casefold()},
            "$bit": {"reach": {"or": TRAITS[channel].suppressed_bit}},
        },
        session=session,
    )


async def lift(suppression: Row) -> None:
    """Take the marks from the customers who have the address of a suppression that is no more."""
    channel = Channel(suppression["channel"])
    if suppression["address"] is None:
        return
    await Customer.get_pymongo_collection().update_many(
        {**_who_have(channel, [suppression["address"]]), "suppressed": channel.value},
        {
            "$pull": {"suppressed": channel.value, "folded.suppressed": channel.value.casefold()},
            "$bit": {"reach": {"and": ~TRAITS[channel].suppressed_bit}},
        },
    )


def _who_have(channel: Channel, addresses: Collection[str]) -> dict[str, Any]:
    return {f"folded.{TRAITS[channel].address.field}": {"$in": list(addresses)}}
