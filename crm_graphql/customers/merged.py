"""Customers who were merged into others: whose the keys are that they had."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from bson import ObjectId
from pymongo.asynchronous.client_session import AsyncClientSession

from crm_graphql.core.paging import Row
from crm_graphql.customers.documents import Customer, MergedCustomer

FORMER_FIELD = "former.customer_id"
"""What `keys_of` needs of a customer."""
FEW = 200
"""So many that were merged are read as a whole; with more, those asked for are looked up."""


def keys_of(customer: Row) -> tuple[ObjectId, ...]:
    """The keys under which something of the customer may lie: its own, those of who was merged into it."""
    return (customer["_id"], *(one["customer_id"] for one in customer.get("former") or ()))


def external_ids_of(customer: Row) -> tuple[str, ...]:
    """The external ids that lead to the customer, in the order of `keys_of`."""
    return (customer["external_id"], *(one["external_id"] for one in customer.get("former") or ()))


def under(keys: Sequence[ObjectId]) -> dict[str, Any]:
    """The condition on a reference that it is to one of the keys; plain where there is one."""
    return {"$in": list(keys)} if len(keys) > 1 else {"$eq": keys[0]}


async def leads_to(
    external_ids: Collection[str], *, session: AsyncClientSession | None = None
) -> Mapping[str, ObjectId]:
    """For each of these external ids that a customer had before being merged: whose it is now. In no time
    where nobody was merged."""
    return await _lead("external_id", external_ids, session)


async def survivors(
    keys: Collection[ObjectId], *, session: AsyncClientSession | None = None
) -> Mapping[ObjectId, ObjectId]:
    """The same by the keys that they had."""
    return await _lead("_id", keys, session)


async def _lead(
    field: str, values: Collection[Any], session: AsyncClientSession | None
) -> dict[Any, ObjectId]:
    merged = MergedCustomer.get_pymongo_collection()
    if not values or await merged.find_one({}, {"_id": 1}, session=session) is None:
        return {}
    rows = merged.find({field: {"$in": list(values)}}, {field: 1, "customer_id": 1}, session=session)
    return {row[field]: row["customer_id"] async for row in rows}


async def found_under(
    external_ids: Collection[str],
    fields: Mapping[str, int] | None = None,
    *,
    session: AsyncClientSession | None = None,
) -> dict[str, dict[str, Any]]:
    """The customers by external ids that they have, or that others had who were merged into them.

    One that is found under several is one object. `fields` must hold `external_id`.
    """
    found = {row["external_id"]: row for row in await _read("external_id", external_ids, fields, session)}
    former = await leads_to([one for one in external_ids if one not in found], session=session)
    if former:
        by_key = {row["_id"]: row for row in found.values()}
        missing = {*former.values()} - by_key.keys()
        by_key |= {row["_id"]: row for row in await _read("_id", missing, fields, session)}
        found |= {one: by_key[key] for one, key in former.items() if key in by_key}
    return found


async def found_by_keys(
    keys: Collection[ObjectId],
    fields: Mapping[str, int] | None = None,
    *,
    session: AsyncClientSession | None = None,
) -> dict[ObjectId, dict[str, Any]]:
    """The same by keys."""
    found = {row["_id"]: row for row in await _read("_id", keys, fields, session)}
    former = await survivors([key for key in keys if key not in found], session=session)
    if former:
        others = {row["_id"]: row for row in await _read("_id", {*former.values()}, fields, session)}
        found |= {
            old: found.get(key) or others[key] for old, key in former.items() if key in found or key in others
        }
    return found


async def _read(
    field: str, values: Iterable[Any], fields: Mapping[str, int] | None, session: AsyncClientSession | None
) -> list[dict[str, Any]]:
    wanted = list(values)
    if not wanted:
        return []
    rows = Customer.get_pymongo_collection().find(
        {field: {"$in": wanted}}, fields, session=session, batch_size=len(wanted) + 1
    )
    return await rows.to_list(None)


async def merged_since(
    since: datetime, keys: Collection[ObjectId], *, session: AsyncClientSession | None = None
) -> Mapping[ObjectId, ObjectId]:
    """Who was merged since a moment of the database's clock, with whose they are now, as far as one of
    the two is among the keys. Where few were, it reads these and nothing else."""
    lately = {"merged_at": {"$gte": since}}
    found = await _pairs(lately, FEW + 1, session)
    if len(found) > FEW:
        asked = list(keys)
        found = {
            **await _pairs({"_id": {"$in": asked}, **lately}, 0, session),
            **await _pairs({"customer_id": {"$in": asked}, **lately}, 0, session),
        }
    wanted = {*keys}
    return {old: key for old, key in found.items() if old in wanted or key in wanted}


async def _pairs(
    filter_: Mapping[str, Any], limit: int, session: AsyncClientSession | None
) -> dict[ObjectId, ObjectId]:
    hint = "merged_at" if len(filter_) == 1 else None
    rows = MergedCustomer.get_pymongo_collection().find(
        filter_, {"customer_id": 1}, hint=hint, limit=limit, session=session
    )
    return {row["_id"]: row["customer_id"] async for row in rows}
