"""Turns: how campaigns share a queue. A campaign waits in it by a few messages, each in a place of its own.

Whoever gets such a message does a bounded piece of work and passes it on, behind those of the others. A place
is a document with the token of the one message that holds it, so a copy (a redelivery, one that was given up
for lost and came after all) finds that its token is out and is dropped: nothing multiplies messages, neither
the broker nor the reconciler nor a handler that always fails.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from bson import ObjectId
from pymongo.errors import DuplicateKeyError
from structlog import get_logger

from crm_graphql.bus.port import Bus, BusError, Queue
from crm_graphql.campaigns.documents import Turn
from crm_graphql.campaigns.messages import PLAN_QUEUE, CampaignPlan, TurnMessage
from crm_graphql.mongo.leases import until

UNHEARD_SECONDS = 45.0
"""A message that nobody had in hand for so long may be lost. Longer than the longest wait between two tries
(30 s), so one that fails and waits for its next try is never taken for lost."""

M = TypeVar("M", bound=TurnMessage)
_log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class TurnQueue(Generic[M]):
    """A queue in which each campaign has at most `places` messages that count."""

    name: Queue
    message: type[M]
    places: int

    async def fill(self, campaign_id: ObjectId, *, bus: Bus, at_most: int | None = None) -> int:
        """Publish a message for each place that is free; how many. Raises BusError, the places being free
        again then."""
        turns = Turn.get_pymongo_collection()
        keys = [self._key(campaign_id, place) for place in range(self.places)]
        taken = {row["_id"] async for row in turns.find({"_id": {"$in": keys}}, {"_id": 1})}
        free = [place for place, key in enumerate(keys) if key not in taken][:at_most]
        messages = [message for place in free if (message := await self._take(campaign_id, place))]
        await self._publish(messages, bus)
        return len(messages)

    async def hold(self, message: M) -> bool:
        """Note that somebody has the message in hand. False for a copy, which is to be dropped."""
        return await self._set(message, message.token)

    async def pass_on(self, message: M, *, bus: Bus) -> None:
        """Publish the message behind all others. When the bus is away, the reconciler does."""
        following = self._message(message.campaign_id, message.place)
        if not await self._set(message, following.token):
            return
        try:
            await self._publish([following], bus)
        except BusError as error:
            _log.warning("turn not passed on, the reconciler will", queue=self.name, error=str(error))

    async def leave(self, message: M) -> None:
        """Free the message's place: there is nothing to do for the campaign now."""
        await Turn.get_pymongo_collection().delete_one({"_id": self._key_of(message), "token": message.token})

    async def restore(self, campaigns: Collection[ObjectId], *, bus: Bus) -> int:
        """Publish for campaigns with work what is missing: free places, and messages that are lost; how many.

        A queue that holds as many messages as places are taken has lost none: it is merely slow. Raises
        BusError.
        """
        if not campaigns:
            return 0
        held = await Turn.get_pymongo_collection().count_documents({"queue": self.name})
        lost = await self._lost(campaigns) if await bus.depth(self.name) < held else []
        await self._publish(lost, bus)
        return len(lost) + sum([await self.fill(campaign_id, bus=bus) for campaign_id in campaigns])

    async def _lost(self, campaigns: Collection[ObjectId]) -> list[M]:
        unheard = {"$expr": {"$lt": ["$heard_at", until(-UNHEARD_SECONDS)]}}
        rows = Turn.get_pymongo_collection().find(
            {"queue": self.name, "campaign_id": {"$in": list(campaigns)}, **unheard}
        )
        found: list[M] = []
        async for row in rows:
            old = self.message(campaign_id=str(row["campaign_id"]), place=row["place"], token=row["token"])
            new = self._message(old.campaign_id, old.place)
            if await self._set(old, new.token):
                found.append(new)
        return found

    async def _take(self, campaign_id: ObjectId, place: int) -> M | None:
        message = self._message(str(campaign_id), place)
        fields = {"queue": self.name, "campaign_id": campaign_id, "place": place, "token": message.token}
        try:
            await Turn.get_pymongo_collection().update_one(
                # A taken place does not match, and cannot be made again.
                {"_id": self._key(campaign_id, place), "token": None},
                [{"$set": {**fields, "heard_at": "$$NOW"}}],
                upsert=True,
            )
        except DuplicateKeyError:
            return None
        return message

    async def _set(self, message: M, token: str | None) -> bool:
        """Write `token` where the message still holds its place."""
        result = await Turn.get_pymongo_collection().update_one(
            {"_id": self._key_of(message), "token": message.token},
            [{"$set": {"token": token, "heard_at": "$$NOW"}}],
        )
        return result.matched_count == 1

    async def _publish(self, messages: Sequence[M], bus: Bus) -> None:
        if not messages:
            return
        try:
            await bus.publish(self.name, *messages)
        except BusError:
            for message in messages:
                await self.leave(message)
            raise

    def _message(self, campaign_id: str, place: int) -> M:
        return self.message(campaign_id=campaign_id, place=place, token=uuid.uuid4().hex)

    def _key_of(self, message: M) -> str:
        return self._key(message.campaign_id, message.place)

    def _key(self, campaign_id: object, place: int) -> str:
        return f"{self.name}:{campaign_id}:{place}"


PLAN_TURNS = TurnQueue(PLAN_QUEUE, CampaignPlan, places=1)
