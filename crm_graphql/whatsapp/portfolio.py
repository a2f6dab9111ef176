"""The portfolio's budget: so many people may be sent templates in any 24 hours, all numbers together.

There is a place for each of them. A place is free 24 hours after its person was last written to; whoever
takes one does so in one atomic update of it, so that no two processes get the last. Places are made as they
are needed. A person who has a place needs no other.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from pymongo import ASCENDING, DESCENDING, InsertOne, UpdateOne
from pymongo.errors import BulkWriteError

from crm_graphql.mongo.duplicate_keys import already_taken
from crm_graphql.mongo.leases import database_now
from crm_graphql.whatsapp.documents import WhatsappReached

WINDOW = timedelta(hours=24)
_TRIES = 20
"""Others may be quicker so often; then the message waits for a moment."""
_MOMENT = timedelta(seconds=5)
_LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Portfolio:
    """At most `limit` people in 24 hours; 0: without a limit."""

    limit: int

    async def reserve(self, wanted: Mapping[bytes, str]) -> Mapping[bytes, datetime]:
        """Take a place for each of the messages, by the hashes of their people; those for whom there is none,
        and when there will be one. A few queries, however many they are."""
        if not self.limit or not wanted:
            return {}
        now = await database_now()
        without = await self._without_place(wanted, now)
        for _ in range(_TRIES):
            if not without or not await self._take(without, now):
                break
            without = await self._without_place(without, now)
        return dict(zip(without, await self._moments(len(without), now), strict=True)) if without else {}

    async def _without_place(self, wanted: Mapping[bytes, str], now: datetime) -> dict[bytes, str]:
        """Keep the places that people have; those who have none."""
        places = WhatsappReached.get_pymongo_collection()
        people = {"person": {"$in": list(wanted)}}
        is_over = {"$lte": ["$at", now - WINDOW]}
        mine = {"$arrayElemAt": [list(wanted.values()), {"$indexOfArray": [list(wanted), "$person"]}]}
        is_mine = {"$or": [{"$eq": ["$key", mine]}, is_over]}
        await places.update_many(
            {**people, "$or": [{"_id": {"$lt": self.limit}}, {"at": {"$gt": now - WINDOW}}]},
            # Of two messages neither gives the place back.
            [{"$set": {"key": {"$cond": [is_mine, mine, ""]}, "at": {"$max": ["$at", now]}}}],
        )
        rows = places.find({**people, "at": {"$gt": now - WINDOW}}, {"person": 1}, batch_size=len(wanted))
        have = {bytes(row["person"]) async for row in rows}
        return {person: key for person, key in wanted.items() if person not in have}

    async def _take(self, wanted: Mapping[bytes, str], now: datetime) -> bool:
        """Try to take places: those that have been free the longest, then new ones. False where there are
        none; else who looks knows who got one."""
        places = WhatsappReached.get_pymongo_collection()
        # What is none any more since the limit was lowered keeps its person from another.
        await places.update_many(
            {"person": {"$in": list(wanted)}, "_id": {"$gte": self.limit}}, {"$set": {"person": None}}
        )
        free = await places.find(
            {"at": {"$lte": now - WINDOW}, "_id": {"$lt": self.limit}},
            {"_id": 1},
            sort=[("at", ASCENDING), ("_id", ASCENDING)],
            limit=len(wanted),
        ).to_list()
        last = await places.find_one({}, {"_id": 1}, sort=[("_id", DESCENDING)])
        first = 0 if last is None else int(last["_id"]) + 1
        new = range(first, min(self.limit, first + len(wanted) - len(free)))
        people = iter(wanted.items())
        writes: list[UpdateOne | InsertOne[dict[str, Any]]] = [
            UpdateOne(
                {"_id": row["_id"], "at": {"$lte": now - WINDOW}},
                {"$set": {"person": person, "key": key, "at": now}},
            )
            for row, (person, key) in zip(free, people, strict=False)
        ]
        writes += [
            InsertOne({"_id": number, "person": person, "key": key, "at": now})
            for number, (person, key) in zip(new, people, strict=False)
        ]
        try:
            if writes:
                await places.bulk_write(writes, ordered=False)
        except BulkWriteError as error:
            # Another was quicker, at the place or with the person.
            already_taken(error)
        return bool(writes)

    async def _moments(self, count: int, now: datetime) -> list[datetime]:
        """When the next places are free: the messages come again one by one, not all at the first."""
        rows = WhatsappReached.get_pymongo_collection().find(
            {"_id": {"$lt": self.limit}}, {"at": 1}, sort=[("at", ASCENDING), ("_id", ASCENDING)], limit=count
        )
        free = [max(row["at"] + WINDOW, now + _MOMENT) async for row in rows]
        last = free[-1] if free else now + _MOMENT
        return free + [last] * (count - len(free))


async def give_places_back(taken: Mapping[bytes, str]) -> None:
    """Give back the places of people to whom nothing was sent, by their hashes and messages."""
    if taken:
        await WhatsappReached.get_pymongo_collection().update_many(
            {"person": {"$in": list(taken)}, "key": {"$in": list(taken.values())}},
            {"$set": {"at": _LONG_AGO}},
        )
