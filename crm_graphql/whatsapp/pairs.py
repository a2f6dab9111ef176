"""The pace to one person: about a message in six seconds, some at once, over all campaigns and processes.

A book a person, as those of `delivery/pace.py` are; each reservation is one atomic update of it. A message is
known by its key: whoever reserves for the last one again has its moment already.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from pymongo.errors import BulkWriteError

from crm_graphql.mongo.duplicate_keys import already_taken
from crm_graphql.mongo.leases import database_now
from crm_graphql.whatsapp.documents import WhatsappPair

SPACING_MS = 6_000.0
AT_ONCE = 10
"""Meta lets more through and wants it repaid; how many it does not promise."""

_NOW = {"$toDouble": {"$toLong": "$$NOW"}}


async def reserve_pairs(wanted: Mapping[bytes, str]) -> Mapping[bytes, datetime]:
    """Reserve for the messages, by the hashes of their people; those who are to wait, and until when."""
    if not wanted:
        return {}
    pairs = WhatsappPair.get_pymongo_collection()
    await _open(wanted)
    people = {"_id": {"$in": list(wanted)}}
    await pairs.update_many(people, _reserving(wanted))
    late: dict[bytes, datetime] = {}
    async for row in pairs.find(people, {"tat": 1, "key": 1}, batch_size=len(wanted)):
        person = bytes(row["_id"])
        if row["key"] != wanted[person]:
            free_at = row["tat"] - (AT_ONCE - 1) * SPACING_MS
            late[person] = datetime.fromtimestamp(free_at / 1_000, UTC)
    return late


async def give_pairs_back(taken: Mapping[bytes, str]) -> None:
    """Give back what was reserved for messages that were surely not sent."""
    if taken:
        await WhatsappPair.get_pymongo_collection().update_many(
            {"_id": {"$in": list(taken)}, "key": {"$in": list(taken.values())}},
            {"$inc": {"tat": -SPACING_MS}, "$set": {"key": ""}},
        )


async def _open(wanted: Mapping[bytes, str]) -> None:
    """Make the books that are missing."""
    pairs = WhatsappPair.get_pymongo_collection()
    known = {bytes(row["_id"]) async for row in pairs.find({"_id": {"$in": list(wanted)}}, {"_id": 1})}
    now = await database_now()
    rows = [
        {"_id": person, "tat": now.timestamp() * 1_000, "key": "", "changed_at": now}
        for person in wanted
        if person not in known
    ]
    try:
        if rows:
            await pairs.insert_many(rows, ordered=False)
    except BulkWriteError as error:
        already_taken(error)


def _reserving(wanted: Mapping[bytes, str]) -> list[dict[str, Any]]:
    mine = {"$arrayElemAt": [list(wanted.values()), {"$indexOfArray": [list(wanted), "$_id"]}]}
    has_room = {
        "$and": [
            {"$ne": ["$key", "$mine"]},
            {"$lte": ["$tat", {"$add": [_NOW, (AT_ONCE - 1) * SPACING_MS]}]},
        ]
    }
    return [
        {"$set": {"mine": mine}},
        {"$set": {"takes": has_room}},
        {
            "$set": {
                "tat": {"$cond": ["$takes", {"$add": [{"$max": ["$tat", _NOW]}, SPACING_MS]}, "$tat"]},
                "key": {"$cond": ["$takes", "$mine", "$key"]},
                "changed_at": "$$NOW",
            }
        },
        {"$unset": ["mine", "takes"]},
    ]
