"""One transaction at a time on a campaign, within a process."""

from __future__ import annotations

import asyncio
from weakref import WeakValueDictionary

from bson import ObjectId


class CampaignLocks:
    """Locks by campaign. Every transaction of the ledger begins with its campaign's document: of two at once
    one would only start again. Between processes the database sees to it, at that price."""

    def __init__(self) -> None:
        self._locks: WeakValueDictionary[ObjectId, asyncio.Lock] = WeakValueDictionary()

    def of(self, campaign_id: ObjectId) -> asyncio.Lock:
        """The campaign's lock, first come first served."""
        lock = self._locks.get(campaign_id)
        if lock is None:
            lock = self._locks[campaign_id] = asyncio.Lock()
        return lock
