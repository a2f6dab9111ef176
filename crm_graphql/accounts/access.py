"""Access as one process keeps it in memory: all that decides who may come in."""

from __future__ import annotations

from cachetools import FIFOCache

from crm_graphql.accounts.key_cache import ApiKeyCache
from crm_graphql.accounts.passwords import Passwords
from crm_graphql.accounts.revocations import Revocations
from crm_graphql.accounts.throttle import Throttle
from crm_graphql.bus.port import Bus
from crm_graphql.core.actor import Actor
from crm_graphql.core.settings import Settings

REMEMBERED_TOKENS = 10_000
"""About 10 MB at most."""


class Access:
    """One a process. Usable at once; between `start` and `close` it follows what other processes revoke."""

    def __init__(self, settings: Settings, bus: Bus) -> None:
        self.settings = settings
        self.revocations = Revocations(bus)
        self.keys = ApiKeyCache()
        self.tokens: FIFOCache[str, Actor] = FIFOCache(REMEMBERED_TOKENS)
        """Access tokens that were found good: their signatures need not be checked again."""
        self.passwords = Passwords(settings)
        self.throttle = Throttle()

    async def start(self) -> None:
        """Read what was revoked and follow it; the API process calls it before it serves."""
        await self.revocations.start()
        await self.passwords.prepare()

    async def close(self) -> None:
        """Follow no longer."""
        await self.revocations.close()
