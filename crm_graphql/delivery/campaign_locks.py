"""One transaction at a time on a campaign: within a process by a lock, between processes by waiting for it.

Every transaction of the ledger begins with its campaign's document. Of two at once the second fails at once,
and begins again; the driver lets it wait longer each time, up to half a second, while the other process
begins its next. So a planner beside a writer in another process stood still for seconds.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar
from weakref import WeakValueDictionary

from bson import ObjectId
from pymongo import WriteConcern
from pymongo.asynchronous.client_session import AsyncClientSession

from crm_graphql.campaigns.documents import Campaign

Result = TypeVar("Result")
Work = Callable[[AsyncClientSession], Awaitable[Result]]


class CampaignLocks:
    """Locks by campaign, for the transactions of one process."""

    def __init__(self) -> None:
        self._locks: WeakValueDictionary[ObjectId, asyncio.Lock] = WeakValueDictionary()

    def of(self, campaign_id: ObjectId) -> asyncio.Lock:
        """The campaign's lock, first come first served."""
        lock = self._locks.get(campaign_id)
        if lock is None:
            lock = self._locks[campaign_id] = asyncio.Lock()
        return lock


def in_turn(campaign_id: ObjectId, work: Work[Result]) -> Work[Result]:
    """The work of a transaction that begins with the campaign. Once it has met another process's, it waits
    for the end of that one before it begins again."""
    has_begun = False

    async def work_in_turn(session: AsyncClientSession) -> Result:
        nonlocal has_begun
        if has_begun:
            await _until_free(campaign_id)
        has_begun = True
        return await work(session)

    return work_in_turn


async def _until_free(campaign_id: ObjectId) -> None:
    """Return when no transaction holds the campaign: a write outside of any is what MongoDB lets wait, by
    looks a few milliseconds apart. It need not be durable."""
    campaigns = Campaign.get_pymongo_collection().with_options(write_concern=WriteConcern(1))
    await campaigns.update_one({"_id": campaign_id}, {"$inc": {"waits": 1}})
