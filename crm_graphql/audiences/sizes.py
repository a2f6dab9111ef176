"""The sizes of saved audiences: counted when they change, and again when asked and no longer fresh."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from weakref import WeakKeyDictionary

from crm_graphql.audiences.counting import count_matching
from crm_graphql.audiences.documents import Audience
from crm_graphql.audiences.queries import fields_of_stored
from crm_graphql.audiences.rules import parse
from crm_graphql.core.clock import Clock
from crm_graphql.core.errors import InvalidInput
from crm_graphql.core.paging import Row
from crm_graphql.core.settings import Settings

FRESH = timedelta(seconds=60)
COUNTS_AT_ONCE = 2
"""A list asks for many sizes; the database shall have time for others."""


@dataclass(frozen=True, slots=True)
class AudienceSize:
    """How many customers matched, and when. Both None where counting takes too long."""

    size: int | None = None
    at: datetime | None = None


_turns: WeakKeyDictionary[asyncio.AbstractEventLoop, asyncio.Semaphore] = WeakKeyDictionary()


async def current_sizes(
    audiences: Sequence[Row], *, clock: Clock, settings: Settings
) -> Sequence[AudienceSize]:
    """The size of each audience, at most a minute old; what is older is counted again and stored."""
    return await asyncio.gather(*(_current(row, clock, settings) for row in audiences))


async def _current(audience: Row, clock: Clock, settings: Settings) -> AudienceSize:
    counted_at = audience.get("size_at")
    if counted_at is None or clock.now() - counted_at > FRESH:
        turn = _turns.setdefault(asyncio.get_running_loop(), asyncio.Semaphore(COUNTS_AT_ONCE))
        async with turn:
            return await _count(audience, clock, settings)
    return _shown(audience.get("size"), counted_at)


async def _count(audience: Row, clock: Clock, settings: Settings) -> AudienceSize:
    """Count and store, unless the rule has changed meanwhile. A count that ran out of time is stored too,
    as no size: it is not tried again by everyone who asks within the minute."""
    now = clock.now()
    timeout = settings.rule_count_timeout_seconds
    size = None
    try:
        rule = parse(audience["rule"], await fields_of_stored(audience["rule"]))
        size = await count_matching(rule, settings.local(now), timeout_seconds=timeout)
    except InvalidInput:
        # A custom field that it names was deleted, and is of another type since: nothing can be counted.
        pass
    await Audience.get_pymongo_collection().update_one(
        {"_id": audience["_id"], "rule": audience["rule"]}, {"$set": {"size": size, "size_at": now}}
    )
    return _shown(size, now)


def _shown(size: int | None, at: datetime) -> AudienceSize:
    return AudienceSize() if size is None else AudienceSize(size, at)
