"""Leases within documents: who works on one now, by the database's clock, renewed while they do."""

from __future__ import annotations

import asyncio
import contextlib
import uuid
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

from pymongo import ReturnDocument
from pymongo.asynchronous.collection import AsyncCollection
from pymongo.errors import PyMongoError

from crm_graphql.core.tasks import end_tasks, repeat
from crm_graphql.mongo.leases import until


@asynccontextmanager
async def hold_document(
    collection: AsyncCollection[dict[str, Any]],
    to_do: Mapping[str, Any],
    *,
    place: str,
    lease_seconds: float,
) -> AsyncIterator[tuple[str, Mapping[str, Any]] | None]:
    """The token and the document while the lease is held; None when there is nothing to do or another does.

    `to_do` finds the document while there is work on it, `place` is its part with `token` and `lease_until`.
    Renewed in the background, given back at the end; after a crash it runs out by itself.
    """
    token = uuid.uuid4().hex
    token_path, until_path = f"{place}.token", f"{place}.lease_until"
    document = await collection.find_one_and_update(
        # Before the first holder there is no moment, which compares less than any.
        {**to_do, "$expr": {"$lt": [f"${until_path}", "$$NOW"]}},
        [{"$set": {token_path: token, until_path: until(lease_seconds)}}],
        return_document=ReturnDocument.AFTER,
    )
    if document is None:
        yield None
        return

    async def renew() -> None:
        await collection.update_one(
            {**to_do, token_path: token}, [{"$set": {until_path: until(lease_seconds)}}]
        )

    renewal = asyncio.create_task(
        repeat(renew, name=f"lease on {collection.name}", seconds=lease_seconds / 3, at_once=False)
    )
    try:
        yield token, document
    finally:
        await end_tasks([renewal])
        with contextlib.suppress(PyMongoError):
            await collection.update_one(
                {"_id": document["_id"], token_path: token}, {"$set": {token_path: None, until_path: None}}
            )
