"""Leases by the database's clock, and numbers that are handed out once."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, ClassVar

from beanie import Document
from pymongo import ASCENDING, IndexModel, ReturnDocument
from pymongo.asynchronous.client_session import AsyncClientSession
from pymongo.errors import DuplicateKeyError


class LeaseLost(Exception):
    """Another has taken the work, or it is no longer to be done. Stop, and change nothing."""


class Counter(Document):
    """The last number handed out under a name."""

    id: str  # type: ignore[assignment]
    value: int

    class Settings:
        """Collection."""

        name = "counters"


class ConsumerLease(Document):
    """A consumer process that is alive until `lease_until`; `id` is made anew by each process."""

    id: str  # type: ignore[assignment]
    joined_at: datetime
    lease_until: datetime

    class Settings:
        """Collection and indexes."""

        name = "consumer_leases"
        indexes: ClassVar[list[IndexModel]] = [
            # Processes that died vanish by themselves.
            IndexModel([("lease_until", ASCENDING)], name="lease_until", expireAfterSeconds=60),
        ]


class TaskLease(Document):
    """Who runs a task that must run once over all processes, such as the reconciler."""

    id: str  # type: ignore[assignment]
    token: str
    lease_until: datetime

    class Settings:
        """Collection."""

        name = "task_leases"


async def next_number(name: str, *, session: AsyncClientSession | None = None) -> int:
    """The next number under `name`, from 1. Never handed out twice; numbers may be left out. Within a
    transaction nobody gets the one after it before that is committed."""
    row = await Counter.get_pymongo_collection().find_one_and_update(
        {"_id": name},
        {"$inc": {"value": 1}},
        upsert=True,
        return_document=ReturnDocument.AFTER,
        session=session,
    )
    assert row is not None, "an upsert returns its document"
    return int(row["value"])


def until(seconds: float) -> dict[str, Any]:
    """An update expression: the database's now plus `seconds`."""
    return {"$add": ["$$NOW", int(seconds * 1000)]}


async def database_now() -> datetime:
    """Now, by the database's clock, for what another process compares: clocks of processes differ."""
    database = TaskLease.get_pymongo_collection().database
    answer = await database.command("hello", codec_options=database.codec_options)
    now: datetime = answer["localTime"]
    return now


async def hold_task(name: str, token: str, seconds: float) -> bool:
    """Take or prolong the lease on the task `name`. True while this token holds it."""
    tasks = TaskLease.get_pymongo_collection()
    if await _take_or_prolong(name, token, seconds):
        return True
    try:
        # An upsert cannot compare with the clock: the first holder puts a lease there that has run out.
        await tasks.insert_one({"_id": name, "token": token, "lease_until": datetime.fromtimestamp(0, UTC)})
    except DuplicateKeyError:
        return False
    return await _take_or_prolong(name, token, seconds)


async def is_task_held(name: str) -> bool:
    """Whether somebody holds the lease on the task `name` at this moment."""
    held = {"_id": name, "$expr": {"$gte": ["$lease_until", "$$NOW"]}}
    return await TaskLease.get_pymongo_collection().find_one(held, {"_id": 1}) is not None


async def _take_or_prolong(name: str, token: str, seconds: float) -> bool:
    result = await TaskLease.get_pymongo_collection().update_one(
        {"_id": name, "$or": [{"token": token}, {"$expr": {"$lt": ["$lease_until", "$$NOW"]}}]},
        [{"$set": {"token": token, "lease_until": until(seconds)}}],
    )
    return result.matched_count == 1
