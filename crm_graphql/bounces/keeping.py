"""Keeping of a customer's bounces through what becomes of the customer: erased, merged."""

from __future__ import annotations

from bson import ObjectId
from pymongo.asynchronous.client_session import AsyncClientSession

from crm_graphql.bounces.documents import Bounce

STEP = 1_000
"""So many rows one transaction touches."""


async def delete_bounces_of(customer_id: ObjectId, session: AsyncClientSession) -> bool:
    """Delete a piece of a customer's bounces. True once none is left."""
    keys = await _some(customer_id, session)
    if keys:
        await Bounce.get_pymongo_collection().delete_many({"_id": {"$in": keys}}, session=session)
    return len(keys) < STEP


async def move_bounces(old: ObjectId, key: ObjectId, session: AsyncClientSession) -> bool:
    """Move a piece of the bounces of who was merged to the one who stays. True once none is left."""
    keys = await _some(old, session)
    if keys:
        await Bounce.get_pymongo_collection().update_many(
            {"_id": {"$in": keys}}, {"$set": {"customer_id": key}}, session=session
        )
    return len(keys) < STEP


async def _some(customer_id: ObjectId, session: AsyncClientSession) -> list[ObjectId]:
    found = Bounce.get_pymongo_collection().find(
        {"customer_id": customer_id}, {"_id": 1}, hint="customer", limit=STEP, session=session
    )
    return [row["_id"] async for row in found]
