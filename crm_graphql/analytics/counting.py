"""Usage that a process has counted and not yet told: requests by hour, users by day; soon written.

A request costs an addition. A process that is killed loses what it counted in the last seconds; one that
stops writes it first. While MongoDB is away all is kept and written later."""

from __future__ import annotations

import asyncio
from collections import Counter
from datetime import UTC, datetime
from typing import Any

import structlog
from bson import ObjectId
from pymongo import UpdateOne
from pymongo.errors import PyMongoError

from crm_graphql.analytics.documents import UsageHour, UserDay
from crm_graphql.core.clock import Clock, SystemClock
from crm_graphql.core.tasks import end_tasks, repeat

FLUSH_SECONDS = 5.0
CLOSE_SECONDS = 3.0
USERS = 100_000
"""So many users of a day are known to be noted; beyond, some are noted again, which changes nothing."""

log = structlog.get_logger(__name__)


class UsageCounter:
    """Counts what one process serves."""

    def __init__(self, clock: Clock | None = None) -> None:
        self._clock = clock or SystemClock()
        self._requests: Counter[datetime] = Counter()
        self._users: set[tuple[datetime, ObjectId]] = set()
        self._noted: set[tuple[datetime, ObjectId]] = set()
        self._writing: asyncio.Task[None] | None = None
        self._turn = asyncio.Lock()

    def count_request(self) -> None:
        """One more request."""
        self._requests[_hour(self._clock.now())] += 1

    def saw(self, user_id: ObjectId | None) -> None:
        """A user has asked for something; None is no user."""
        if user_id is not None:
            seen = (day_of(self._clock.now()), user_id)
            if seen not in self._noted:
                self._users.add(seen)

    def start(self) -> None:
        """Write from now on."""
        self._writing = asyncio.create_task(self._keep_writing(), name="usage")

    async def close(self) -> None:
        """Write what is left, and no more."""
        if self._writing is not None:
            await end_tasks([self._writing])
            self._writing = None
        try:
            async with asyncio.timeout(CLOSE_SECONDS):
                await self.flush()
        except (PyMongoError, TimeoutError) as error:
            log.warning("usage of the last seconds is lost", error=repr(error)[:200])

    async def flush(self) -> None:
        """Write what was counted. What cannot be written is kept."""
        async with self._turn:
            requests, self._requests = self._requests, Counter()
            users, self._users = self._users, set()
            try:
                if requests:
                    await UsageHour.get_pymongo_collection().bulk_write(
                        [
                            UpdateOne({"_id": hour}, {"$inc": {"requests": count}}, upsert=True)
                            for hour, count in requests.items()
                        ],
                        ordered=False,
                    )
                    requests = Counter()
                if users:
                    await UserDay.get_pymongo_collection().bulk_write(
                        [_noted(day, user) for day, user in users], ordered=False
                    )
                    self._remember(users)
                    users = set()
            finally:
                self._requests.update(requests)
                self._users |= users

    def _remember(self, users: set[tuple[datetime, ObjectId]]) -> None:
        today = day_of(self._clock.now())
        self._noted = {seen for seen in self._noted | users if seen[0] == today}
        if len(self._noted) > USERS:
            self._noted.clear()

    async def _keep_writing(self) -> None:
        await repeat(self._try_to_write, name="usage", seconds=FLUSH_SECONDS, at_once=False)

    async def _try_to_write(self) -> None:
        try:
            await self.flush()
        except PyMongoError as error:
            log.warning("usage cannot be written, it is kept", error=repr(error)[:200])


def _noted(day: datetime, user: ObjectId) -> UpdateOne:
    fields: dict[str, Any] = {"day": day, "user_id": user}
    return UpdateOne({"_id": f"{day:%Y-%m-%d}:{user}"}, {"$setOnInsert": fields}, upsert=True)


def _hour(moment: datetime) -> datetime:
    return moment.astimezone(UTC).replace(minute=0, second=0, microsecond=0)


def day_of(moment: datetime) -> datetime:
    """The beginning of the day (UTC)."""
    return _hour(moment).replace(hour=0)
