"""Pace: how many messages a second, over all processes, by reservations that the database's clock orders.

A pace is one document: `tat`, the moment at which the next message is due, and `free`, before which it may
not go. Whoever reserves moves both on by what they take, and waits for their own moment: so nobody polls, and
the moments lie evenly. Both are milliseconds as doubles, for dates are whole milliseconds: 12.5 of them
summed as dates are 4 % too fast.

In any second there are never more moments than the rate and one, below 50 a second; above that a fiftieth
more than the rate, and one, while lateness is made up for.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pymongo import ReturnDocument
from pymongo.errors import DuplicateKeyError

from crm_graphql.delivery.documents import PaceBook
from crm_graphql.mongo.leases import database_now

CALLS_A_SECOND = 50
"""A fast campaign is sent in calls of several messages, about so many a second: what the vendor sees is even
to a fiftieth of a second's messages."""
PIECE_SECONDS = 1.0
"""A sender takes messages of a campaign for so long at once: no more is left behind when it dies."""
SHARED_PIECE_SECONDS = 0.25
"""Of a pace that campaigns share: they have their turns that often."""
_LATE_MS = 400.0
"""Who comes late by less loses nothing: what is overdue is made up for. So a stutter costs nothing over ten
seconds, and a longer silence is not followed by more than was asked for."""
_CATCHING_UP = 0.98
"""Of the interval between two messages, the least: so slowly lateness is made up for, without a burst."""


_NOW = {"$toDouble": {"$toLong": "$$NOW"}}


@dataclass(frozen=True, slots=True)
class Pace:
    """A name under which so many messages a second may be sent."""

    name: str
    per_second: float
    piece_seconds: float = PIECE_SECONDS

    @property
    def call_size(self) -> int:
        """The most messages of one call."""
        return max(1, int(self.per_second / CALLS_A_SECOND))

    @property
    def piece_size(self) -> int:
        """How many messages a sender takes at once."""
        return max(1, int(self.per_second * self.piece_seconds))

    async def ahead_seconds(self) -> float:
        """How long the next reservation would have to wait; below zero: since when nobody reserved."""
        row = await PaceBook.get_pymongo_collection().find_one(
            {"_id": self.name}, {"ahead": {"$subtract": ["$tat", _NOW]}}
        )
        return float("-inf") if row is None else float(row["ahead"]) / 1_000

    async def reserve(self, count: int, *, longest_wait: float) -> float | None:
        """Take the moments of so many messages: in how many seconds the first one is. None, and nothing is
        taken, where that would be later than `longest_wait`."""
        for _ in range(2):
            row = await PaceBook.get_pymongo_collection().find_one_and_update(
                {
                    "_id": self.name,
                    "$expr": {
                        "$lte": [{"$subtract": [{"$max": ["$tat", "$free"]}, _NOW]}, longest_wait * 1_000]
                    },
                },
                self._taking(count),
                projection={"wait": 1},
                return_document=ReturnDocument.AFTER,
            )
            if row is not None:
                return float(row["wait"]) / 1_000
            # Also where somebody opened it just now: this one has not seen it.
            await self._open()
        return None

    async def take(self, count: int, *, longest_wait: float) -> bool:
        """Reserve, and return when the moment is there. False where it would be later than `longest_wait`."""
        wait = await self.reserve(count, longest_wait=longest_wait)
        if wait is None:
            return False
        await asyncio.sleep(wait)
        return True

    def _taking(self, count: int) -> list[dict[str, Any]]:
        due = {"$max": ["$tat", {"$subtract": [_NOW, _LATE_MS]}]}
        milliseconds = count * 1_000 / self.per_second
        return [
            {"$set": {"due": due, "reserved_at": "$$NOW"}},
            {"$set": {"start": {"$max": ["$due", "$free", _NOW]}}},
            {
                "$set": {
                    "wait": {"$subtract": ["$start", _NOW]},
                    "tat": {"$add": ["$due", milliseconds]},
                    "free": {"$add": ["$start", milliseconds * _CATCHING_UP]},
                }
            },
        ]

    async def _open(self) -> None:
        """Make the book where there is none."""
        now = await database_now()
        row = {"tat": now.timestamp() * 1_000, "reserved_at": now}
        with contextlib.suppress(DuplicateKeyError):
            await PaceBook.get_pymongo_collection().update_one(
                {"_id": self.name}, {"$setOnInsert": row}, upsert=True
            )


def campaign_pace(campaign: Mapping[str, Any]) -> Pace | None:
    """That of a stored campaign; None where it is as fast as the vendor."""
    rate = campaign.get("rate_per_second")
    return None if rate is None else Pace(f"campaign:{campaign['_id']}", rate)


def vendor_pace(vendor: str, per_second: float) -> Pace | None:
    """That of a vendor, which all its campaigns share; None for a rate of 0, which is none."""
    return Pace(f"vendor:{vendor}", per_second, SHARED_PIECE_SECONDS) if per_second else None
