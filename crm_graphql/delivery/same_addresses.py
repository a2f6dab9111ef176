"""Addresses of one campaign: of those who share one, the first in the ledger gets the message."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import blake2b

from bson import ObjectId

from crm_graphql.delivery.documents import Delivery

KEY_BYTES = 16
"""Of two million addresses, two have the same key by chance once in 10^26 campaigns."""


def address_key(campaign_id: ObjectId, address: str) -> bytes:
    """What two addresses of a campaign have in common when they are one: case does not count. It says nothing
    of the address to those who read it, and nothing about other campaigns."""
    return blake2b(address.casefold().encode(), digest_size=KEY_BYTES, key=campaign_id.binary).digest()


async def first_of_each(campaign_id: ObjectId, addresses: Sequence[str | None]) -> list[bytes | None]:
    """For each of these addresses its key where it is the first: neither in the ledger nor earlier here.

    Exact for the one planner that may write the next page. Should it have read a database that lags behind,
    the unique index refuses the page, and it is made again.
    """
    keys = [address_key(campaign_id, address) if address else None for address in addresses]
    taken: set[bytes | None] = {None, *await _taken(campaign_id, keys)}
    firsts: list[bytes | None] = []
    for key in keys:
        firsts.append(None if key in taken else key)
        taken.add(key)
    return firsts


async def _taken(campaign_id: ObjectId, keys: Sequence[bytes | None]) -> set[bytes]:
    """From the index alone."""
    wanted = {"$in": [key for key in keys if key], "$type": "binData"}
    rows = Delivery.get_pymongo_collection().find(
        {"campaign_id": campaign_id, "address_key": wanted}, {"_id": 0, "address_key": 1}, hint="address"
    )
    return {row["address_key"] async for row in rows}
