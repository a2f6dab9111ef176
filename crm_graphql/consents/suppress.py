"""Suppressing addresses and lifting that: rows that sending asks, marks on the customers who have them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from pymongo import UpdateOne
from pymongo.asynchronous.client_session import AsyncClientSession

from crm_graphql.consents.addresses import compared, hash_key, hashed
from crm_graphql.consents.documents import Suppression, SuppressionReason
from crm_graphql.core.channels import ADDRESSES, TRAITS, Channel
from crm_graphql.core.paging import Row
from crm_graphql.customers.documents import Customer

MARKED_AT_ONCE = 1_000
_ON_ANY = {"channel": {"$in": [channel.value for channel in Channel]}}


class NewSuppression(NamedTuple):
    """A suppression that is to be there; `address` as it is compared."""

    channel: Channel
    address: str
    reason: SuppressionReason
    created_at: datetime
    by_reply: bool = False


async def suppress(
    channel: Channel, addresses: Collection[str], reason: SuppressionReason, *, now: datetime
) -> Mapping[str, Row]:
    """The suppression of each of these compared addresses, made where there was none."""
    if not addresses:
        return {}
    await store([NewSuppression(channel, address, reason, now) for address in {*addresses}])
    key = await hash_key()
    by_hash = {hashed(address, key): address for address in addresses}
    rows = Suppression.get_pymongo_collection().find(
        {"channel": channel.value, "key": {"$in": list(by_hash)}}, hint="key"
    )
    return {by_hash[bytes(row["key"])]: row async for row in rows}


async def carry_over(old: str, new: str, *, now: datetime) -> None:
    """Suppress a person's new compared address wherever their old one is by a word of theirs, or of somebody
    here: an address that bounced says nothing of another. Idempotent."""
    key = await hash_key()
    reasons = [one.value for one in SuppressionReason if one is not SuppressionReason.BOUNCED]
    rows = Suppression.get_pymongo_collection().find(
        {**_ON_ANY, "key": hashed(old, key), "reason": {"$in": reasons}}, hint="key"
    )
    await store(
        [
            NewSuppression(
                *(Channel(row["channel"]), new, SuppressionReason(row["reason"]), now),
                by_reply=row.get("by_reply", False),
            )
            async for row in rows
        ]
    )


async def count_stored(wanted: Sequence[NewSuppression]) -> int:
    """How many of the suppressions, each wanted once, are there already."""
    key = await hash_key()
    by_channel: dict[str, list[bytes]] = {}
    for one in wanted:
        by_channel.setdefault(one.channel.value, []).append(hashed(one.address, key))
    collection = Suppression.get_pymongo_collection()
    return sum(
        [
            await collection.count_documents({"channel": channel, "key": {"$in": keys}}, hint="key")
            for channel, keys in by_channel.items()
        ]
    )


async def store(wanted: Sequence[NewSuppression], *, session: AsyncClientSession | None = None) -> int:
    """Make the suppressions that are not there yet, each wanted once; how many those were.

    In force for sending as soon as it is committed. The marks on customers, by which rules and previews
    count, are set with it; a customer who gets the address at the same moment is marked by `mark_again`.
    """
    if not wanted:
        return 0
    key = await hash_key()
    result = await Suppression.get_pymongo_collection().bulk_write(
        [
            UpdateOne(
                {"channel": one.channel.value, "key": hashed(one.address, key)}, _making(one), upsert=True
            )
            for one in wanted
        ],
        ordered=False,
        session=session,
    )
    for channel in Channel:
        addresses = [one.address for one in wanted if one.channel is channel]
        if addresses:
            await mark(channel, addresses, session=session)
    return result.upserted_count


def _making(one: NewSuppression) -> dict[str, Any]:
    # What somebody else asked for too, no reply opens.
    only_new = {"by_reply": True} if one.by_reply else {}
    return {
        "$setOnInsert": {
            "address": one.address,
            "reason": one.reason.value,
            "created_at": one.created_at,
            **only_new,
        },
        "$currentDate": {"touched_at": True},
        **({} if one.by_reply else {"$set": {"by_reply": False}}),
    }


async def mark_again(since: datetime, until: datetime) -> int:
    """Mark whoever has an address that was suppressed in this time by the database's clock: also those whose
    record came in at the same moment, unseen by both. How many addresses were looked at."""
    rows = Suppression.get_pymongo_collection().find(
        {**_ON_ANY, "touched_at": {"$gte": since, "$lt": until}, "address": {"$type": "string"}},
        {"channel": 1, "address": 1},
    )
    count = 0
    while batch := await rows.to_list(MARKED_AT_ONCE):
        count += len(batch)
        for channel in Channel:
            addresses = [row["address"] for row in batch if row["channel"] == channel.value]
            if addresses:
                await mark(channel, addresses)
    return count


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


async def forget_addresses(
    customer: Row, former: Collection[tuple[str, str]], *, session: AsyncClientSession
) -> None:
    """Keep of what closes a customer's addresses, and `former` ones by their field, the hash alone, so that
    they stay closed to whoever brings them back. An address that another customer has stays readable: it is
    theirs."""
    now = {(address.field, customer.get(address.field)) for address in ADDRESSES}
    for field, value in now | {*former}:
        if not value:
            continue
        theirs = {f"folded.{field}": value.casefold(), "_id": {"$ne": customer["_id"]}}
        if await Customer.get_pymongo_collection().find_one(theirs, {"_id": 1}, session=session) is None:
            await Suppression.get_pymongo_collection().update_many(
                {"address": compared(value)}, {"$set": {"address": None}}, session=session
            )


async def lift(suppression: Row, *, session: AsyncClientSession | None = None) -> None:
    """Take the marks from the customers who have the address of a suppression that is no more."""
    channel = Channel(suppression["channel"])
    if suppression["address"] is None:
        who = await _who_hash_to(channel, bytes(suppression["key"]), session)
    else:
        who = _who_have(channel, [suppression["address"]])
    await Customer.get_pymongo_collection().update_many(
        {**who, "suppressed": channel.value},
        {
            "$pull": {"suppressed": channel.value, "folded.suppressed": channel.value.casefold()},
            "$bit": {"reach": {"and": ~TRAITS[channel].suppressed_bit}},
        },
        session=session,
    )


def _who_have(channel: Channel, addresses: Collection[str]) -> dict[str, Any]:
    return {f"folded.{TRAITS[channel].address.field}": {"$in": list(addresses)}}


async def _who_hash_to(channel: Channel, hash_: bytes, session: AsyncClientSession | None) -> dict[str, Any]:
    """Of an address that is not kept: those who are marked are looked through."""
    field, key = f"folded.{TRAITS[channel].address.field}", await hash_key()
    marked = Customer.get_pymongo_collection().find(
        {"folded.suppressed": channel.value.casefold()}, {field: 1}, hint="folded", session=session
    )
    found = [
        row["_id"]
        async for row in marked
        if (address := row["folded"].get(TRAITS[channel].address.field)) and hashed(address, key) == hash_
    ]
    return {"_id": {"$in": found}}
