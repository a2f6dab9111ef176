"""The reading of figures within a time: one budget for all that an answer asks of MongoDB."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any
from weakref import WeakKeyDictionary

from beanie import Document
from pymongo.asynchronous.client_session import AsyncClientSession
from pymongo.errors import ExecutionTimeout
from pymongo.read_concern import ReadConcern

from crm_graphql.core.errors import Unavailable
from crm_graphql.core.paging import Row
from crm_graphql.core.settings import Settings
from crm_graphql.mongo.deadlines import own_limits
from crm_graphql.orders.documents import Order

PART_OF_TIMEOUT = 0.8
"""So much of the time of a read (`CRM_READ_TIMEOUT_SECONDS`) may a report take."""
AT_ONCE = 2
"""Answers that one process works out at once: the database shall have time for others."""

_turns: WeakKeyDictionary[asyncio.AbstractEventLoop, asyncio.Semaphore] = WeakKeyDictionary()


class TooSlow(Unavailable):
    """Figures take longer than they may. The message says what to do."""

    def __init__(self, seconds: float) -> None:
        super().__init__(
            f"This takes longer than {seconds:g} seconds to work out. Narrow `from` and `until`, or the "
            "rule; orders by DAY, WEEK or MONTH without a rule are always quick. Should the server be busy, "
            "ask again in some seconds."
        )


class Budget:
    """The seconds that are left for one answer."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self._ends = time.monotonic() + seconds

    @property
    def left(self) -> float:
        """Raises TooSlow when nothing is left."""
        left = self._ends - time.monotonic()
        if left <= 0:
            raise TooSlow(self.seconds)
        return left

    async def rows(
        self,
        document: type[Document],
        stages: Sequence[Mapping[str, Any]],
        *,
        hint: str | Mapping[str, int] | None = None,
        session: AsyncClientSession | None = None,
    ) -> list[Row]:
        """What the aggregation gives. Raises TooSlow."""
        options: dict[str, Any] = {} if hint is None else {"hint": hint}
        limit = max(1, round(self.left * 1_000))
        try:
            with own_limits():
                cursor = await document.get_pymongo_collection().aggregate(
                    list(stages), session=session, maxTimeMS=limit, **options
                )
                return await cursor.to_list()
        except ExecutionTimeout:
            raise TooSlow(self.seconds) from None

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """One of the places for what costs the database seconds. Raises TooSlow where none gets free."""
        places = _turns.setdefault(asyncio.get_running_loop(), asyncio.Semaphore(AT_ONCE))
        try:
            async with asyncio.timeout(self.left):
                await places.acquire()
        except TimeoutError:
            raise TooSlow(self.seconds) from None
        try:
            yield
        finally:
            places.release()


def report_budget(settings: Settings) -> Budget:
    """The time of a report."""
    return Budget(PART_OF_TIMEOUT * settings.read_timeout_seconds)


@asynccontextmanager
async def one_moment() -> AsyncIterator[AsyncClientSession]:
    """A session in which all is read as of one moment of the database.

    A transaction, which holds its moment by itself: MongoDB keeps little of the past (decision 8).
    """
    client = Order.get_pymongo_collection().database.client
    async with client.start_session() as session:
        # Nothing is written: at the end of the session it is given up.
        await session.start_transaction(read_concern=ReadConcern("snapshot"))
        yield session
