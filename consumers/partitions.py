"""Home partitions of a process: shared evenly among the live ones, by leases in MongoDB."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import uuid
from collections.abc import Awaitable, Callable, Sequence

from pymongo.errors import PyMongoError
from structlog import get_logger

from crm_graphql.core.tasks import end_tasks, repeat
from crm_graphql.mongo.leases import ConsumerLease, until

_log = get_logger(__name__)

OnChange = Callable[[frozenset[int]], Awaitable[None]]


def home_partitions(me: str, live: Sequence[str], count: int) -> frozenset[int]:
    """The partitions of `me` when these processes are alive: round-robin in the order of their ids."""
    ordered = sorted(live)
    if me not in ordered:
        return frozenset()
    return frozenset(range(ordered.index(me), count, len(ordered)))


class Partitions:
    """Keeps this process's lease, and tells when its share changes.

    Every process computes the shares from the same live leases, so nothing is negotiated. While one that is
    new or gone has not been noticed by all, two may consume one partition, or for a moment nobody: that
    costs speed, never correctness. While MongoDB is away the share stays.
    """

    def __init__(self, count: int, *, lease_seconds: float, on_change: OnChange) -> None:
        # The host's name lets consumers.health find the processes of its container.
        self.process_id = f"{socket.gethostname()}-{uuid.uuid4().hex}"
        self._count = count
        self._lease_seconds = lease_seconds
        self._on_change = on_change
        self._mine: frozenset[int] = frozenset()
        self._renewing: asyncio.Task[None] | None = None
        self._sharing: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Join and take a first share."""
        await self._renew()
        # Apart from sharing: giving a partition up waits for what is under way in it, longer than a lease.
        self._renewing = self._every_third("lease of partitions", self._renew)
        try:
            await self._share()
        except BaseException:
            await end_tasks([self._renewing])
            raise
        self._sharing = self._every_third("partitions", self._share)

    async def stop(self) -> None:
        """Give all partitions back, then leave, so that the others take over at once."""
        if self._sharing is not None:
            await end_tasks([self._sharing])
        try:
            await self._change(frozenset())
        finally:
            if self._renewing is not None:
                await end_tasks([self._renewing])
            with contextlib.suppress(PyMongoError):
                await ConsumerLease.get_pymongo_collection().delete_one({"_id": self.process_id})

    def _every_third(self, name: str, step: Callable[[], Awaitable[None]]) -> asyncio.Task[None]:
        """Three times in a lease's time, whatever fails."""
        return asyncio.create_task(
            repeat(step, name=name, seconds=self._lease_seconds / 3, at_once=False), name=name
        )

    async def _renew(self) -> None:
        await ConsumerLease.get_pymongo_collection().update_one(
            {"_id": self.process_id},
            [
                {
                    "$set": {
                        "joined_at": {"$ifNull": ["$joined_at", "$$NOW"]},
                        "lease_until": until(self._lease_seconds),
                    }
                }
            ],
            upsert=True,
        )

    async def _share(self) -> None:
        leases = ConsumerLease.get_pymongo_collection()
        # `distinct` does not know $$NOW.
        alive = {"$expr": {"$gt": ["$lease_until", "$$NOW"]}}
        live = [str(row["_id"]) async for row in leases.find(alive, projection={"_id": True})]
        await self._change(home_partitions(self.process_id, live, self._count))

    async def _change(self, mine: frozenset[int]) -> None:
        if mine == self._mine:
            return
        _log.info("home partitions changed", partitions=sorted(mine))
        await self._on_change(mine)
        self._mine = mine
