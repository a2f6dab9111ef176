"""From an API key's secret to its actor, with a short memory."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta

from cachetools import LRUCache, TTLCache

from crm_graphql.accounts.documents import ApiKey
from crm_graphql.accounts.secret_texts import hash_of
from crm_graphql.accounts.throttle import address_name
from crm_graphql.core.actor import Actor, ActorKind, Role
from crm_graphql.core.errors import RateLimited

REMEMBERED_SECONDS = 30.0
"""How long a key is known without a read; a revocation reaches `revocations` much sooner."""

REMEMBERED_KEYS = 10_000
USE_RECORDED_EVERY = timedelta(seconds=60)
GUESSES = 20
"""Secrets that are no key's which an address may try in a minute."""


class ApiKeyCache:
    """The actors of the keys that were used of late, and who tries secrets that are no key's."""

    def __init__(self) -> None:
        self._known: LRUCache[str, tuple[Actor, float]] = LRUCache(REMEMBERED_KEYS)
        self._seen: LRUCache[str, bool] = LRUCache(REMEMBERED_KEYS)
        """Secrets that were a key's once: whoever guesses beside their owner does not keep it out."""
        self._wrong: TTLCache[str, bool] = TTLCache(REMEMBERED_KEYS, REMEMBERED_SECONDS)
        self._guesses: TTLCache[str, int] = TTLCache(REMEMBERED_KEYS, 60.0)

    async def actor(self, secret: str, address: str | None = None) -> Actor | None:
        """The key's actor, or None for a secret that is no key's; the key may have expired or been revoked.

        Records the key's last use about once a minute. Raises RateLimited, without asking the database, when
        the address has tried too many that are none.
        """
        secret_hash = hash_of(secret)
        found = self._known.get(secret_hash)
        if found is not None and found[1] > time.monotonic():
            return found[0]
        if secret_hash in self._wrong:
            return None
        place = address_name(address)
        if secret_hash not in self._seen and self._guesses.get(place, 0) >= GUESSES:
            raise RateLimited(
                "Too many API keys from this address are not known here. Try again in a minute.",
                retry_after_seconds=60,
            )
        keys = ApiKey.get_pymongo_collection()
        row = await keys.find_one({"secret_hash": secret_hash})
        if row is None:
            self._known.pop(secret_hash, None)
            self._wrong[secret_hash] = True
            self._guesses[place] = self._guesses.get(place, 0) + 1
            return None
        self._seen[secret_hash] = True
        used = row.get("last_used_at")
        if used is None or datetime.now(UTC) - used > USE_RECORDED_EVERY:
            await keys.update_one({"_id": row["_id"]}, {"$currentDate": {"last_used_at": True}})
        actor = Actor(
            Role(row["role"]),
            f"key:{row['_id']}",
            kind=ActorKind.API_KEY,
            name=row["name"],
            api_key_id=row["_id"],
            expires_at=row.get("expires_at"),
        )
        self._known[secret_hash] = (actor, time.monotonic() + REMEMBERED_SECONDS)
        return actor
