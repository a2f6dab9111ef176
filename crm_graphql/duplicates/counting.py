"""Counting of shared addresses: of those that were noted, by the customers' own index.

A note says where to look, the customers say what there is: so a note that is looked at twice, or without
need, does no harm, and a count cannot drift. See decision 22.
"""

from __future__ import annotations

import time
from collections.abc import Collection, Mapping
from typing import Any

from pymongo import UpdateOne
from pymongo.asynchronous.client_session import AsyncClientSession

from crm_graphql.customers.documents import AddressChanges, Customer
from crm_graphql.duplicates.documents import SharedAddress
from crm_graphql.mongo.leases import Counter
from crm_graphql.mongo.transactions import Transact

NOTES_AT_ONCE = 10
ADDRESSES_AT_ONCE = 2_000
_TURNS = "addresses.settled"
"""Names the counter that each counting moves, so that of two at once one waits: a slower one must not store
what it saw before."""


async def settle_addresses(transact: Transact, *, for_seconds: float) -> bool:
    """Count anew whatever was noted by now, for so long. True once nothing is left. Idempotent."""
    until = time.monotonic() + for_seconds
    while await AddressChanges.get_pymongo_collection().find_one({}, {"_id": 1}) is not None:
        if time.monotonic() >= until:
            return False
        await transact(_settle)
    return True


async def _settle(session: AsyncClientSession) -> None:
    await Counter.get_pymongo_collection().update_one(
        {"_id": _TURNS}, {"$inc": {"value": 1}}, upsert=True, session=session
    )
    notes = AddressChanges.get_pymongo_collection()
    rows = await notes.find({}, session=session).sort("_id").limit(NOTES_AT_ONCE).to_list()
    await notes.delete_many({"_id": {"$in": [row["_id"] for row in rows]}}, session=session)
    addresses = sorted({address for row in rows for address in row["addresses"]})
    for start in range(0, len(addresses), ADDRESSES_AT_ONCE):
        await _count(addresses[start : start + ADDRESSES_AT_ONCE], session)


async def _count(addresses: Collection[str], session: AsyncClientSession) -> None:
    by_field: dict[str, list[str]] = {}
    for address in addresses:
        field, _, value = address.partition(":")
        by_field.setdefault(field, []).append(value)
    shared = {
        f"{field}:{value}": {"by": field, "value": value, "customers": customers}
        for field, values in by_field.items()
        for value, customers in (await _holders(field, values, session)).items()
    }
    await _store(addresses, shared, session)


async def _store(
    addresses: Collection[str], shared: Mapping[str, Mapping[str, Any]], session: AsyncClientSession
) -> None:
    """What is there first, so that the new is inserted plainly: upserts cost ten times as much."""
    rows = SharedAddress.get_pymongo_collection()
    known = {
        row["_id"]: row["customers"]
        async for row in rows.find({"_id": {"$in": list(addresses)}}, {"customers": 1}, session=session)
    }
    if gone := [key for key in known if key not in shared]:
        await rows.delete_many({"_id": {"$in": gone}}, session=session)
    if new := [{"_id": key, **row} for key, row in shared.items() if key not in known]:
        await rows.insert_many(new, ordered=False, session=session)
    updates = [
        UpdateOne({"_id": key}, {"$set": {"customers": shared[key]["customers"]}})
        for key, count in known.items()
        if key in shared and shared[key]["customers"] != count
    ]
    if updates:
        await rows.bulk_write(updates, ordered=False, session=session)


def holders_pipeline(field: str, values: Collection[str]) -> list[dict[str, object]]:
    """How many customers have each of the addresses that several have, from the index alone."""
    path = f"folded.{field}"
    return [
        {"$match": {path: {"$in": list(values)}}},
        {"$group": {"_id": f"${path}", "count": {"$sum": 1}}},
        # Nearly all are somebody's alone.
        {"$match": {"count": {"$gt": 1}}},
    ]


async def _holders(field: str, values: Collection[str], session: AsyncClientSession) -> dict[str, int]:
    found = await Customer.get_pymongo_collection().aggregate(
        holders_pipeline(field, values), session=session, hint="folded"
    )
    return {row["_id"]: row["count"] async for row in found}
