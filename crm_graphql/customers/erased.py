"""People who were erased, as others ask for them: by external id, and who of some it was lately."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from bson import ObjectId
from pymongo.asynchronous.client_session import AsyncClientSession

from crm_graphql.customers.documents import ErasedCustomer
from crm_graphql.mongo.stored_keys import hashed, stored_key

STEP = 1_000
"""So much of what names a person one transaction of an erasure takes away."""
FEW = 200
"""So many that were erased are read as a whole; with more, those asked for are looked up."""


async def erased_key(external_id: str) -> bytes:
    """What a tombstone keeps of an external id."""
    return hashed(external_id, await stored_key("erased"))


async def erased_keys(
    external_ids: Collection[str], *, session: AsyncClientSession | None = None
) -> Mapping[str, ObjectId]:
    """The ids of those whose customer was erased, by external id. In no time where nobody was."""
    tombstones = ErasedCustomer.get_pymongo_collection()
    if not external_ids or await tombstones.find_one({}, {"_id": 1}, session=session) is None:
        return {}
    key = await stored_key("erased")
    by_hash = {hashed(external_id, key): external_id for external_id in external_ids}
    rows = tombstones.find({"key": {"$in": list(by_hash)}}, {"key": 1}, session=session)
    return {by_hash[bytes(row["key"])]: row["_id"] async for row in rows}


async def erased_since(
    since: datetime, customers: Collection[ObjectId], *, session: AsyncClientSession | None = None
) -> Collection[ObjectId]:
    """Those of the customers who were erased since a moment of the database's clock.

    Where few were, it reads these and nothing of the customers.
    """
    lately = {"erased_at": {"$gte": since}}
    found = await _ids(lately, limit=FEW + 1, session=session)
    if len(found) > FEW:
        return await _ids({"_id": {"$in": list(customers)}, **lately}, limit=0, session=session)
    return found & set(customers)


async def _ids(
    filter_: Mapping[str, Any], *, limit: int, session: AsyncClientSession | None
) -> set[ObjectId]:
    hint = None if "_id" in filter_ else "erased_at"
    rows = ErasedCustomer.get_pymongo_collection().find(
        filter_, {"_id": 1}, hint=hint, limit=limit, session=session
    )
    return {row["_id"] async for row in rows}
