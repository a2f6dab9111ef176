"""Turns: how pieces of long work (campaigns, bulk operations) share a queue. Each waits in it by a few
messages, each of these in a place of its own.

Whoever gets such a message does a bounded piece of work and passes it on, behind those of the others. A place
is a document with the token of the one message that holds it, so a copy (a redelivery, one that was given up
for lost and came after all) finds that its token is out and is dropped: nothing multiplies messages, neither
the broker nor the reconciler nor a handler that always fails.
"""

from __future__ import annotations

import uuid
from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, ClassVar, Generic, TypeVar

import msgspec
from beanie import Document, PydanticObjectId
from bson import ObjectId
from pymongo import ASCENDING, IndexModel, UpdateOne
from pymongo.errors import BulkWriteError
from structlog import get_logger

from crm_graphql.bus.port import Bus, BusError, Message, Queue
from crm_graphql.mongo.duplicate_keys import already_taken
from crm_graphql.mongo.leases import database_now

UNHEARD_SECONDS = 45.0
"""A message that nobody had in hand for so long may be lost. Longer than the longest wait between two tries
(30 s), so one that fails and waits for its next try is never taken for lost."""

_log = get_logger(__name__)


class TurnMessage(Message, frozen=True, kw_only=True):
    """Base of the messages by which a piece of work waits for its turn. Without a token (from an earlier
    release) it holds no place."""

    kind: ClassVar[str]

    # On the wire it has its name of earlier releases, whose messages may still wait.
    work_id: str = msgspec.field(name="campaign_id")
    place: int = 0
    token: str | None = None


class Turn(Document):
    """A place in a queue: `token` is that of the one message that holds it."""

    id: str  # type: ignore[assignment]
    queue: str
    work_id: PydanticObjectId
    place: int
    token: str
    heard_at: datetime
    """When somebody last had the message in hand, by the database's clock."""

    class Settings:
        """Collection and indexes."""

        name = "turns"
        indexes: ClassVar[list[IndexModel]] = [
            # How many places of a queue are taken; which of them nobody has heard of, by whose they are.
            IndexModel(
                [("queue", ASCENDING), ("heard_at", ASCENDING), ("work_id", ASCENDING)], name="unheard"
            ),
            # Places of work that ended while its messages were lost.
            IndexModel([("heard_at", ASCENDING)], name="heard_at", expireAfterSeconds=24 * 3600),
        ]


M = TypeVar("M", bound=TurnMessage)


@dataclass(frozen=True, slots=True)
class TurnQueue(Generic[M]):
    """A queue in which each piece of work has at most `places` messages that count."""

    name: Queue
    message: type[M]
    places: int

    async def fill(self, *works: ObjectId, bus: Bus, at_most: int | None = None) -> int:
        """Publish a message for each place of these that is free, `at_most` so many of each; how
        many. Two commands for all of them. Raises BusError, the places being free again then."""
        turns = Turn.get_pymongo_collection()
        keys = [self._key(work_id, place) for work_id in works for place in range(self.places)]
        taken = {row["_id"] async for row in turns.find({"_id": {"$in": keys}}, {"_id": 1})}
        free: list[M] = []
        for work_id in works:
            places = [place for place in range(self.places) if self._key(work_id, place) not in taken]
            free += [self._message(str(work_id), place) for place in places[:at_most]]
        messages = await self._take(free) if free else []
        await self._publish(messages, bus)
        return len(messages)

    async def hold(self, message: M) -> bool:
        """Note that somebody has the message in hand. False for a copy, which is to be dropped."""
        return await self._set(message, message.token)

    async def pass_on(self, message: M, *, bus: Bus) -> None:
        """Publish the message behind all others. When the bus is away, the reconciler does."""
        following = self._message(message.work_id, message.place)
        if not await self._set(message, following.token):
            return
        try:
            await self._publish([following], bus)
        except BusError as error:
            _log.warning("turn not passed on, the reconciler will", queue=self.name, error=str(error))

    async def take(self, message: M, work: Callable[[], Awaitable[bool]], *, bus: Bus) -> None:
        """Do a bounded piece of the message's work: leave its place where `work` gives True, for there is
        nothing to go on with, else pass the message on. A copy is dropped."""
        if not await self.hold(message):
            return
        if await work():
            await self.leave(message)
        else:
            await self.pass_on(message, bus=bus)

    async def leave(self, *messages: M) -> None:
        """Free the places of the messages: there is nothing to do for their work now."""
        keys = [self._key_of(message) for message in messages]
        # A token is of one message, so this pairs them.
        held = {"_id": {"$in": keys}, "token": {"$in": [message.token for message in messages]}}
        await Turn.get_pymongo_collection().delete_many(held)

    async def restore(self, works: Collection[ObjectId], *, bus: Bus) -> int:
        """Publish for work that is open what is missing: free places, and messages that are lost; how many.

        A queue that holds as many messages as places are taken has lost none: it is merely slow; of one that
        holds fewer, only so many are replaced, for the others wait for their turn. The same few commands for
        however many they are. Raises BusError.
        """
        if not works:
            return 0
        held = await Turn.get_pymongo_collection().count_documents({"queue": self.name}, hint="unheard")
        missing = held - await bus.depth(self.name)
        lost = await self._lost(works, missing) if missing > 0 else []
        await self._publish(lost, bus)
        return len(lost) + await self.fill(*works, bus=bus)

    async def _lost(self, works: Collection[ObjectId], at_most: int) -> list[M]:
        """New messages for places whose message is lost: those that were not heard of for longest. One that
        somebody took in hand meanwhile is a copy from the beginning."""
        turns = Turn.get_pymongo_collection()
        unheard = {"$lt": await database_now() - timedelta(seconds=UNHEARD_SECONDS)}
        rows = (
            turns.find({"queue": self.name, "heard_at": unheard, "work_id": {"$in": list(works)}})
            .hint("unheard")
            .sort("heard_at")
            .limit(at_most)
        )
        old = [
            self.message(work_id=str(row["work_id"]), place=row["place"], token=row["token"])
            for row in await rows.to_list()
        ]
        new = [self._message(message.work_id, message.place) for message in old]
        if old:
            await turns.bulk_write(
                [
                    UpdateOne(self._held_by(lost), _now_held_by(found.token))
                    for lost, found in zip(old, new, strict=True)
                ],
                ordered=False,
            )
        return new

    async def _take(self, messages: Sequence[M]) -> list[M]:
        """Take the messages' places; those that got theirs. Nobody else's token is that of a new message, so
        a place that is taken does not match, and cannot be made again."""
        upserts = [
            UpdateOne(
                self._held_by(message),
                [
                    {
                        "$set": {
                            "queue": self.name,
                            "work_id": ObjectId(message.work_id),
                            "place": message.place,
                            "heard_at": "$$NOW",
                        }
                    }
                ],
                upsert=True,
            )
            for message in messages
        ]
        beaten: set[int] = set()
        try:
            await Turn.get_pymongo_collection().bulk_write(upserts, ordered=False)
        except BulkWriteError as error:
            beaten = already_taken(error)
        return [message for index, message in enumerate(messages) if index not in beaten]

    async def _set(self, message: M, token: str | None) -> bool:
        """Write `token` where the message still holds its place."""
        result = await Turn.get_pymongo_collection().update_one(self._held_by(message), _now_held_by(token))
        return result.matched_count == 1

    def _held_by(self, message: M) -> dict[str, Any]:
        return {"_id": self._key_of(message), "token": message.token}

    async def _publish(self, messages: Sequence[M], bus: Bus) -> None:
        if not messages:
            return
        try:
            await bus.publish(self.name, *messages)
        except BusError:
            await self.leave(*messages)
            raise

    def _message(self, work_id: str, place: int) -> M:
        return self.message(work_id=work_id, place=place, token=uuid.uuid4().hex)

    def _key_of(self, message: M) -> str:
        return self._key(message.work_id, message.place)

    def _key(self, work_id: object, place: int) -> str:
        return f"{self.name}:{work_id}:{place}"


def _now_held_by(token: str | None) -> list[dict[str, Any]]:
    return [{"$set": {"token": token, "heard_at": "$$NOW"}}]
