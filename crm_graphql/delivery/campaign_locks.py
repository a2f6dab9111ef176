"""One transaction at a time on a campaign: within a process by a lock, between processes by turns.

Every transaction of the ledger begins with its campaign's document. Of two at once the second fails at once,
and begins again; the driver lets it wait longer each time, up to half a second, while the other process
begins its next. So a planner beside a writer in another process stood still for seconds. Here whoever has met
another's transaction says so, waits for its end, and is let in by who would begin the next.
"""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar
from weakref import WeakValueDictionary

from bson import ObjectId
from pymongo import WriteConcern
from pymongo.asynchronous.client_session import AsyncClientSession
from pymongo.asynchronous.collection import AsyncCollection
from pymongo.read_concern import ReadConcern

from crm_graphql.campaigns.documents import Campaign
from crm_graphql.delivery.documents import LedgerWait
from crm_graphql.mongo.leases import until
from crm_graphql.mongo.transactions import Transact

LET_IN_SECONDS = 0.03
"""How long one who would begin the next transaction stands back for who waits: MongoDB looks every few
milliseconds whether a document is free."""
_WAIT_SECONDS = 5.0
"""Who has waited for longer than that is gone."""
_NOT_DURABLE = WriteConcern(1)

Result = TypeVar("Result")
Work = Callable[[AsyncClientSession], Awaitable[Result]]


class CampaignLocks:
    """The locks of one process. Between processes it is courtesy alone: correctness never rests on it."""

    def __init__(self) -> None:
        self._locks: WeakValueDictionary[ObjectId, asyncio.Lock] = WeakValueDictionary()
        self._process = uuid.uuid4().hex

    async def transact(self, campaign_id: ObjectId, work: Work[Result], *, transact: Transact) -> Result:
        """Run the work, which begins with the campaign, in one transaction; first come first served within
        the process."""
        async with self._of(campaign_id):
            if await self._others_wait(campaign_id):
                await asyncio.sleep(LET_IN_SECONDS)
            return await transact(self._in_turn(campaign_id, work))

    def _of(self, campaign_id: ObjectId) -> asyncio.Lock:
        lock = self._locks.get(campaign_id)
        if lock is None:
            lock = self._locks[campaign_id] = asyncio.Lock()
        return lock

    def _in_turn(self, campaign_id: ObjectId, work: Work[Result]) -> Work[Result]:
        """The work; once it has met another process's transaction, begun anew after the end of that one."""
        tries = 0

        async def in_turn(session: AsyncClientSession) -> Result:
            nonlocal tries
            tries += 1
            if tries == 1:
                return await work(session)
            # Outside of the session: its transaction begins with the work.
            await self._wait(campaign_id)
            result = await work(session)
            await _waits().delete_one({"_id": campaign_id, "process": self._process})
            return result

        return in_turn

    async def _wait(self, campaign_id: ObjectId) -> None:
        """Say that we wait, and return when no transaction holds the campaign: a write outside of any is
        what MongoDB lets wait for that."""
        values = {"process": self._process, "until": until(_WAIT_SECONDS)}
        await _waits().update_one({"_id": campaign_id}, [{"$set": values}], upsert=True)
        campaigns = Campaign.get_pymongo_collection().with_options(write_concern=_NOT_DURABLE)
        await campaigns.update_one({"_id": campaign_id}, {"$inc": {"waits": 1}})

    async def _others_wait(self, campaign_id: ObjectId) -> bool:
        waiting = {
            "_id": campaign_id,
            "process": {"$ne": self._process},
            "$expr": {"$gt": ["$until", "$$NOW"]},
        }
        return await _waits().find_one(waiting, {"_id": 1}) is not None


def _waits() -> AsyncCollection[dict[str, Any]]:
    """By what was just written: the most that a stale one costs is a little patience."""
    collection = LedgerWait.get_pymongo_collection()
    return collection.with_options(write_concern=_NOT_DURABLE, read_concern=ReadConcern("local"))
