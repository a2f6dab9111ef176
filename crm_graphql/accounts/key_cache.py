"""From an API key's secret to its actor, with a short memory."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta

from crm_graphql.accounts.documents import ApiKey
from crm_graphql.accounts.secret_texts import hash_of
from crm_graphql.core.actor import Actor, ActorKind, Role

REMEMBERED_SECONDS = 30.0
"""How long a key is known without a read; a revocation reaches `revocations` much sooner."""

REMEMBERED_KEYS = 10_000
USE_RECORDED_EVERY = timedelta(seconds=60)


class ApiKeyCache:
    """The actors of the keys that were used of late."""

    def __init__(self) -> None:
        self._known: dict[str, tuple[Actor, float]] = {}

    async def actor(self, secret: str) -> Actor | None:
        """The key's actor, or None for a secret that is no key's; the key may have expired or been revoked.

        Records the key's last use about once a minute.
        """
        secret_hash = hash_of(secret)
        found = self._known.get(secret_hash)
        if found is not None and found[1] > time.monotonic():
            return found[0]
        keys = ApiKey.get_pymongo_collection()
        row = await keys.find_one({"secret_hash": secret_hash})
        if row is None:
            self._known.pop(secret_hash, None)
            return None
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
        if len(self._known) >= REMEMBERED_KEYS:
            self._known.clear()
        self._known[secret_hash] = (actor, time.monotonic() + REMEMBERED_SECONDS)
        return actor
