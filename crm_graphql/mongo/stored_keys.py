"""Keys that are kept in the database: what was hashed or signed with one is good as long as the data are."""

from __future__ import annotations

import secrets
from hashlib import blake2b
from typing import Any
from weakref import WeakKeyDictionary

from beanie import Document
from pymongo import AsyncMongoClient, ReturnDocument

KEY_BYTES = 32
HASH_BYTES = 16


class StoredKey(Document):
    """A key that must be as good for ever as the database itself, unlike the deployment's secrets: made once,
    under the name of what it is for."""

    id: str  # type: ignore[assignment]
    key: bytes

    class Settings:
        """Collection."""

        name = "stored_keys"


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


def hashed(text: str, key: bytes) -> bytes:
    """The hash of a text under a stored key: it tells equal texts, and nothing of them without the key."""
    return blake2b(text.encode(), digest_size=HASH_BYTES, key=key).digest()
