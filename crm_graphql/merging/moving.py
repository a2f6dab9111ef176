"""Moving of what lies under the id of a customer who was merged: bounded pieces, resumable anywhere.

Nothing is waited for: whoever reads a customer's orders, deliveries or words reads them under all the ids
that it has had. None keeps account of where it is: what is moved is not found again.
"""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

from bson import ObjectId
from pymongo import UpdateOne
from pymongo.asynchronous.client_session import AsyncClientSession
from pymongo.errors import DuplicateKeyError

from crm_graphql.customers.documents import ConsentWord, MergedCustomer
from crm_graphql.delivery.frequency_cap import move_sent_lately
from crm_graphql.delivery.merging import move_deliveries
from crm_graphql.media.attachments import move_attachments
from crm_graphql.mongo.transactions import Transact
from crm_graphql.orders.documents import Order

STEP = 1_000
"""So many rows one transaction moves."""

Piece = Callable[[ObjectId, ObjectId, AsyncClientSession], Awaitable[bool]]
"""Moves a piece of what lies under the first id to the second. True once nothing is left there."""


async def _move_orders(old: ObjectId, key: ObjectId, session: AsyncClientSession) -> bool:
    orders = Order.get_pymongo_collection()
    found = orders.find(
        {"customer_id": old}, {"_id": 1}, hint="customer_ordered_at", limit=STEP, session=session
    )
    keys = [row["_id"] async for row in found]
    if keys:
        await orders.update_many({"_id": {"$in": keys}}, {"$set": {"customer_id": key}}, session=session)
    return len(keys) < STEP


async def _move_words(old: ObjectId, key: ObjectId, session: AsyncClientSession) -> bool:
    """A word that both have said at the same moment and place is one word afterwards."""
    words = ConsentWord.get_pymongo_collection()
    rows = await words.find({"customer_id": old}, hint="newest", limit=STEP, session=session).to_list()
    if rows:
        await words.delete_many({"_id": {"$in": [row["_id"] for row in rows]}}, session=session)
        await words.bulk_write([_moved(row, key) for row in rows], ordered=False, session=session)
    return len(rows) < STEP


_SAID = ("topic_id", "channel", "at", "status", "source")


def _moved(row: dict[str, Any], key: ObjectId) -> UpdateOne:
    said = {name: row[name] for name in _SAID}
    heard = {name: row[name] for name in ("is_dated", "heard_at")}
    return UpdateOne({"customer_id": key, **said}, {"$setOnInsert": heard}, upsert=True)


_PIECES: tuple[Piece, ...] = (_move_orders, _move_words, move_attachments, move_sent_lately)


async def move_all(old: ObjectId, *, transact: Transact, for_seconds: float) -> bool:
    """Move what lies under the id of who was merged, for so long. True once nothing is left that can be."""
    until = time.monotonic() + for_seconds
    for piece in _PIECES:
        while not await transact(partial(_guarded, old, piece)):
            if time.monotonic() >= until:
                return False
    after: ObjectId | None = None
    while True:
        try:
            after = await transact(partial(_deliveries, old, after))
        except DuplicateKeyError:
            # A planner was quicker: what it wrote is seen now.
            continue
        if after is None:
            return True
        if time.monotonic() >= until:
            return False


async def _survivor(old: ObjectId, session: AsyncClientSession) -> ObjectId | None:
    """Whose it is, written to, so that who merges or erases them meanwhile is met; None where gone."""
    row = await MergedCustomer.get_pymongo_collection().find_one_and_update(
        {"_id": old}, {"$inc": {"pieces": 1}}, session=session
    )
    key: ObjectId | None = row["customer_id"] if row else None
    return key


async def _guarded(old: ObjectId, piece: Piece, session: AsyncClientSession) -> bool:
    key = await _survivor(old, session)
    return key is None or await piece(old, key, session)


async def _deliveries(old: ObjectId, after: ObjectId | None, session: AsyncClientSession) -> ObjectId | None:
    key = await _survivor(old, session)
    return None if key is None else await move_deliveries(old, key, after, session)
