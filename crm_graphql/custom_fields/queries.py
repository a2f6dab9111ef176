"""Custom fields as they are read, always as MongoDB has them now: one can be used the moment it is made."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from bson import ObjectId
from pymongo import DESCENDING
from pymongo.asynchronous.client_session import AsyncClientSession

from crm_graphql.core.paging import Row
from crm_graphql.custom_fields.definitions import NO_FIELDS, Definition, Definitions
from crm_graphql.custom_fields.documents import CustomField
from crm_graphql.mongo.pages import read_by_ids

_LIVE: Mapping[str, Any] = {"live_key": {"$type": "string"}}


async def list_fields(*, session: AsyncClientSession | None = None) -> Sequence[Row]:
    """The fields that are not deleted, in the order in which they were made; at most a hundred."""
    rows = CustomField.get_pymongo_collection().find(_LIVE, session=session).hint("live_key")
    return sorted(await rows.to_list(), key=lambda row: (row["created_at"], row["_id"]))


async def definitions(*, session: AsyncClientSession | None = None) -> Definitions:
    """The same for those who read and write values. Read it once for a request, an ingestion, a chunk."""
    return Definitions(map(Definition.from_document, await list_fields(session=session)))


async def definitions_named(keys: Collection[str]) -> Definitions:
    """The fields of these keys, also those that are deleted, where nobody has the key since; nothing is read
    for no keys."""
    if not keys:
        return NO_FIELDS
    rows = CustomField.get_pymongo_collection().find({"key": {"$in": sorted(keys)}}).hint("key")
    found: dict[str, Row] = {}
    async for row in rows.sort([("key", DESCENDING), ("_id", DESCENDING)]):
        # The newest: of a key only that one can be alive.
        found.setdefault(row["key"], row)
    return Definitions(map(Definition.from_document, found.values()))


async def find_field(*, key: str | None = None, id: ObjectId | None = None) -> Row | None:
    """The field of the id or the key, unless it is deleted."""
    named = {"live_key": key} if id is None else {"_id": id}
    return await CustomField.get_pymongo_collection().find_one({"$and": [named, _LIVE]})


async def fields_by_ids(ids: Sequence[ObjectId]) -> Mapping[ObjectId, Row]:
    """The fields with these ids that are not deleted."""
    rows = await read_by_ids(CustomField.get_pymongo_collection(), ids)
    return {key: row for key, row in rows.items() if row["live_key"] is not None}


async def live_slots(*, session: AsyncClientSession | None) -> frozenset[str]:
    """The slots of the fields that are not deleted."""
    rows = CustomField.get_pymongo_collection().find(_LIVE, {"slot": 1}, session=session).hint("live_key")
    return frozenset([row["slot"] async for row in rows])
