"""Steps of an erasure: bounded pieces of what names a person, each in a transaction, resumable anywhere.

None keeps account of where it is: what is scrubbed is not found again.
"""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from typing import Any

from bson import ObjectId
from pymongo.asynchronous.client_session import AsyncClientSession

from crm_graphql.bus.port import Bus
from crm_graphql.campaigns.lifecycle import announce, complete_if_ended, has_ended
from crm_graphql.core.clock import Clock
from crm_graphql.core.paging import Row
from crm_graphql.customers.documents import ConsentWord, CustomerChange, ErasedCustomer
from crm_graphql.customers.erased import STEP
from crm_graphql.delivery.erasing import scrub_deliveries, skip_queued
from crm_graphql.delivery.frequency_cap import forget_sent_lately
from crm_graphql.ingestion.erasing import delete_dead_letters, delete_row_errors, has_dead_letters
from crm_graphql.media.attachments import forget_media_of
from crm_graphql.mongo.transactions import Transact

Step = Callable[[Mapping[str, Any], AsyncClientSession], Awaitable[bool]]
"""Takes away a piece of what names the person of a tombstone. True once nothing is left of it."""


async def _delete_words(tombstone: Mapping[str, Any], session: AsyncClientSession) -> bool:
    return await _delete_some(ConsentWord, tombstone["_id"], session)


async def _delete_changes(tombstone: Mapping[str, Any], session: AsyncClientSession) -> bool:
    return await _delete_some(CustomerChange, tombstone["_id"], session)


async def _delete_row_errors(tombstone: Mapping[str, Any], session: AsyncClientSession) -> bool:
    return await delete_row_errors(tombstone["external_id"], session)


async def _scrub_deliveries(tombstone: Mapping[str, Any], session: AsyncClientSession) -> bool:
    return await scrub_deliveries(tombstone["_id"], session)


async def _forget_media(tombstone: Mapping[str, Any], session: AsyncClientSession) -> bool:
    return await forget_media_of(tombstone["_id"], session)


async def _forget_sent_lately(tombstone: Mapping[str, Any], session: AsyncClientSession) -> bool:
    await forget_sent_lately(tombstone["_id"], session)
    return True


_STEPS: tuple[Step, ...] = (
    _scrub_deliveries,
    _delete_words,
    _delete_changes,
    _forget_media,
    _forget_sent_lately,
    _delete_row_errors,
)


async def _delete_some(
    document: type[ConsentWord] | type[CustomerChange], customer: ObjectId, session: AsyncClientSession
) -> bool:
    collection = document.get_pymongo_collection()
    found = collection.find({"customer_id": customer}, {"_id": 1}, limit=STEP, session=session)
    keys = [row["_id"] async for row in found]
    if keys:
        await collection.delete_many({"_id": {"$in": keys}}, session=session)
    return len(keys) < STEP


async def scrub_at_once(tombstone: Mapping[str, Any], session: AsyncClientSession) -> bool:
    """One piece of everything, in the session's transaction. True where that was all."""
    done = [await step(tombstone, session) for step in _STEPS]
    return all(done) and not await has_dead_letters(session)


async def scrub(tombstone: Row, *, transact: Transact, bus: Bus, clock: Clock, for_seconds: float) -> bool:
    """Take away whatever names the person, for so long. True once nothing is left of what can be found."""
    until = time.monotonic() + for_seconds
    while campaigns := await transact(partial(skip_queued, [tombstone["_id"]])):
        for campaign in campaigns:
            await tell(campaign, bus=bus, clock=clock)
    for step in _STEPS:
        while not await transact(partial(step, tombstone)):
            if time.monotonic() >= until:
                return False
    await delete_dead_letters(tombstone["external_id"])
    await ErasedCustomer.get_pymongo_collection().update_one(
        {"_id": tombstone["_id"]}, {"$set": {"is_scrubbed": True}}
    )
    return True


async def tell(campaign: Row, *, bus: Bus, clock: Clock) -> None:
    """What it leads to that a campaign has skipped somebody."""
    await announce(campaign["_id"], campaign["revision"], bus=bus)
    if has_ended(campaign):
        await complete_if_ended(campaign["_id"], bus=bus, clock=clock)
