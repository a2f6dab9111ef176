"""The frequency cap: at most so many messages of a channel to one person in so many days, whoever sends.

Room is reserved before a message is handed over, in one document a person and channel: each reservation is
one atomic update of it, which counts and adds at once, so that no two campaigns get the last place. An entry
is known by its delivery: whoever reserves for the same message again has its place already.

Where nothing is reserved yet for a person, what the ledger says of the time before is taken over: so a cap
counts what was sent before there was one. All moments are the database's.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from bson import ObjectId
from pymongo.asynchronous.client_session import AsyncClientSession
from pymongo.errors import BulkWriteError

from crm_graphql.core.channels import Channel
from crm_graphql.delivery.documents import CAP_KEPT_DAYS, Delivery, SentLately
from crm_graphql.mongo.duplicate_keys import already_taken
from crm_graphql.mongo.leases import database_now


class Message(NamedTuple):
    """A message that is about to be handed over."""

    delivery_id: ObjectId
    customer_id: ObjectId


@dataclass(frozen=True, slots=True)
class FrequencyCap:
    """At most `messages` in any `days` days, by channel."""

    messages: int
    days: int

    async def reserve(self, channel: Channel, messages: Sequence[Message]) -> Mapping[ObjectId, datetime]:
        """Reserve room for the messages; those for which there is none, and when there will be."""
        if not messages:
            return {}
        await self._open(channel, messages)
        collection = SentLately.get_pymongo_collection()
        keys = {_key(one.customer_id, channel): one for one in messages}
        await collection.update_many({"_id": {"$in": list(keys)}}, self._reserving(keys))
        late: dict[ObjectId, datetime] = {}
        rows = collection.find({"_id": {"$in": list(keys)}}, {"sends": 1}, batch_size=len(keys))
        async for row in rows:
            mine = keys[row["_id"]].delivery_id
            if all(entry["d"] != mine for entry in row["sends"]):
                moments = sorted(entry["at"] for entry in row["sends"])
                late[mine] = moments[-self.messages] + timedelta(days=self.days)
        return late

    async def _open(self, channel: Channel, messages: Sequence[Message]) -> None:
        """Make the documents that are missing, with what the ledger knows. Who makes one at the same time
        knows the same."""
        collection = SentLately.get_pymongo_collection()
        keys = {_key(one.customer_id, channel): one.customer_id for one in messages}
        known = {row["_id"] async for row in collection.find({"_id": {"$in": list(keys)}}, {"_id": 1})}
        new = {key: customer for key, customer in keys.items() if key not in known}
        if not new:
            return
        now = await database_now()
        before = await _sent_before(channel, list(new.values()), now - timedelta(days=self.days))
        rows = [
            {"_id": key, "customer_id": customer, "sends": before.get(customer, []), "changed_at": now}
            for key, customer in new.items()
        ]
        try:
            await collection.insert_many(rows, ordered=False)
        except BulkWriteError as error:
            already_taken(error)

    def _reserving(self, keys: Mapping[str, Message]) -> list[dict[str, Any]]:
        """Forget what is out of the window, then add one's own where it has a place, or there is room."""
        window = self.days * 24 * 3_600_000
        mine = {
            "$arrayElemAt": [
                [one.delivery_id for one in keys.values()],
                {"$indexOfArray": [list(keys), "$_id"]},
            ]
        }
        young = {"$gt": ["$$entry.at", {"$subtract": ["$$NOW", window]}]}
        others = {"$ne": ["$$entry.d", "$mine"]}
        own = [{"d": "$mine", "at": "$$NOW"}]
        return [
            {"$set": {"mine": mine}},
            {
                "$set": {
                    "sends": {
                        "$filter": {"input": "$sends", "as": "entry", "cond": {"$and": [young, others]}}
                    },
                }
            },
            {
                "$set": {
                    "sends": {
                        "$cond": [
                            {"$lt": [{"$size": "$sends"}, self.messages]},
                            {"$concatArrays": ["$sends", own]},
                            "$sends",
                        ]
                    },
                    "changed_at": "$$NOW",
                }
            },
            {"$unset": "mine"},
        ]


async def give_back(channel: Channel, messages: Iterable[Message]) -> None:
    """Give back the room of messages that were surely not sent."""
    keys = {_key(one.customer_id, channel): one.delivery_id for one in messages}
    if keys:
        await SentLately.get_pymongo_collection().update_many(
            {"_id": {"$in": list(keys)}}, {"$pull": {"sends": {"d": {"$in": list(keys.values())}}}}
        )


async def forget_sent_lately(customer: ObjectId, session: AsyncClientSession) -> None:
    """Delete what is kept of an erased person, in the session's transaction."""
    await SentLately.get_pymongo_collection().delete_many({"customer_id": customer}, session=session)


async def move_sent_lately(old: ObjectId, key: ObjectId, session: AsyncClientSession) -> bool:
    """Count what was sent to who was merged as sent to who they are by now, in the session's transaction.
    True: it is one piece."""
    collection = SentLately.get_pymongo_collection()
    since = await database_now() - timedelta(days=CAP_KEPT_DAYS)
    kept = {
        row["_id"]: row["sends"]
        async for row in collection.find({"customer_id": {"$in": [old, key]}}, session=session)
    }
    for channel in Channel:
        both = [_key(old, channel), _key(key, channel)]
        if not kept.keys() & both:
            continue
        sends: list[dict[str, Any]] = []
        for customer, name in zip((old, key), both, strict=True):
            sends += kept.get(name) or (await _sent_before(channel, [customer], since)).get(customer, [])
        await collection.update_one(
            {"_id": both[1]},
            [{"$set": {"customer_id": key, "sends": sends, "changed_at": "$$NOW"}}],
            upsert=True,
            session=session,
        )
    await collection.delete_many({"customer_id": old}, session=session)
    return True


async def _sent_before(
    channel: Channel, customers: Sequence[ObjectId], since: datetime
) -> Mapping[ObjectId, list[dict[str, Any]]]:
    rows = Delivery.get_pymongo_collection().find(
        {"customer_id": {"$in": list(customers)}, "channel": channel.value, "sent_at": {"$gt": since}},
        {"customer_id": 1, "sent_at": 1},
        hint="of_customer",
    )
    found: dict[ObjectId, list[dict[str, Any]]] = defaultdict(list)
    async for row in rows:
        found[row["customer_id"]].append({"d": row["_id"], "at": row["sent_at"]})
    return found


def _key(customer: ObjectId, channel: Channel) -> str:
    return f"{customer}:{channel.value}"
