"""Keys that are kept in the database: what was hashed or signed with one is good as long as the data are."""

from __future__ import annotations

import secrets
from typing import Any
from weakref import WeakKeyDictionary

from pymongo import AsyncMongoClient, ReturnDocument

from crm_graphql.consents.documents import StoredKey

KEY_BYTES = 32

# By client, database and name. A key never changes.
_known: WeakKeyDictionary[AsyncMongoClient[dict[str, Any]], dict[tuple[str, str], bytes]] = (
    WeakKeyDictionary()
)


async def stored_key(name: str) -> bytes:
    """The key of this database under `name`, the same for all who ask; made when it is first asked for."""
    collection = StoredKey.get_pymongo_collection()
    database = collection.database
    known = _known.setdefault(database.client, {})
    if (key := known.get((database.name, name))) is None:
        row = await collection.find_one_and_update(
            {"_id": name},
            {"$setOnInsert": {"key": secrets.token_bytes(KEY_BYTES)}},
            upsert=True,
            return_document=ReturnDocument.AFTER,
        )
        assert row is not None, "an upsert returns its document"
        key = known[database.name, name] = bytes(row["key"])
    return key
