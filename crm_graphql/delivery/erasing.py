"""Deliveries of a person who is erased: what waits is skipped, and what names the person is scrubbed."""

from __future__ import annotations

import asyncio
import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from bson import ObjectId
from pymongo.asynchronous.client_session import AsyncClientSession

from crm_graphql.core.paging import Row
from crm_graphql.customers.erased import STEP
from crm_graphql.customers.merged import under
from crm_graphql.delivery.documents import (
    Delivery,
    DeliveryReason,
    DeliveryStatus,
    RangeState,
    SendRange,
)
from crm_graphql.delivery.hits import forget_hits
from crm_graphql.delivery.messages import Receipt, ReceiptStatus
from crm_graphql.delivery.writer import News, write_news

CAMPAIGNS_AT_ONCE = 100
_LOOK_SECONDS = 0.05
_TEXT = "The customer was erased before it was sent."
_QUEUED = DeliveryStatus.QUEUED.value


async def skip_queued(customer: Sequence[ObjectId], session: AsyncClientSession) -> Sequence[Row]:
    """Skip what waits to be sent to the customer with these keys, by the rules of the ledger, in the
    session's transaction; the campaigns after it, at most a hundred at once."""
    rows = Delivery.get_pymongo_collection().find(
        {"customer_id": under(customer), "status": _QUEUED},
        {"campaign_id": 1, "attempt": 1},
        hint="of_customer",
        limit=CAMPAIGNS_AT_ONCE,
        session=session,
    )
    news: dict[ObjectId, list[News]] = defaultdict(list)
    async for row in rows:
        news[row["campaign_id"]].append((row["_id"], _skip(row)))
    written = [await write_news(key, one, session) for key, one in sorted(news.items())]
    return [campaign for campaign in written if campaign is not None]


def _skip(row: Row) -> Receipt:
    return Receipt(
        str(row["_id"]),
        ReceiptStatus.FAILED,
        attempt=row["attempt"],
        reason=DeliveryReason.ERASED,
        reason_text=_TEXT,
        is_skip=True,
    )


async def scrub_deliveries(customer: ObjectId, session: AsyncClientSession) -> bool:
    """Take what names the person from some of their deliveries. True once there is no other."""
    deliveries = Delivery.get_pymongo_collection()
    found = deliveries.find(
        {"customer_id": customer, "erased": {"$ne": True}},
        {"_id": 1},
        hint="of_customer",
        limit=STEP,
        session=session,
    )
    keys = [row["_id"] async for row in found]
    if keys:
        await deliveries.update_many(
            {"_id": {"$in": keys}},
            {
                "$set": {
                    "erased": True,
                    "address": None,
                    "time_zone": None,
                    "values": {},
                    "reason_text": None,
                    "vendor_message_id": None,
                    "opened_at": None,
                    "clicked_at": None,
                },
                "$unset": {"address_key": ""},
            },
            session=session,
        )
        await forget_hits(keys, session)
    return len(keys) < STEP


async def in_senders_hands(customer: Sequence[ObjectId], *, for_seconds: float) -> bool:
    """Wait until no sender has a message to the person in hand that it took before they were erased. True
    where one still has after so long.

    Whoever claims a range from now on finds that the message is skipped; whoever had claimed it may have read
    it before, and sends it within its lease.
    """
    places = await _skipped(customer)
    held = await _holders(places)
    deadline = time.monotonic() + for_seconds
    while held:
        if time.monotonic() >= deadline:
            return True
        await asyncio.sleep(_LOOK_SECONDS)
        held &= await _holders(places)
    return False


async def _skipped(customer: Sequence[ObjectId]) -> Mapping[ObjectId, int]:
    rows = Delivery.get_pymongo_collection().find(
        {"customer_id": under(customer), "reason": DeliveryReason.ERASED.value},
        {"campaign_id": 1, "number": 1},
        hint="of_customer",
    )
    return {row["campaign_id"]: row["number"] async for row in rows}


async def _holders(places: Mapping[ObjectId, int]) -> set[str]:
    """The claims under which a message at one of these places may be on its way."""
    if not places:
        return set()
    filter_: dict[str, Any] = {
        "state": RangeState.PENDING.value,
        "$or": [
            {"campaign_id": key, "first": {"$lte": number}, "last": {"$gte": number}}
            for key, number in places.items()
        ],
        "token": {"$ne": None},
        "$expr": {"$gt": ["$lease_until", "$$NOW"]},
    }
    rows = SendRange.get_pymongo_collection().find(filter_, {"token": 1})
    return {row["token"] async for row in rows}
