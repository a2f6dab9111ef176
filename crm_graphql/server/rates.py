"""Rates of callers in a minute: by the cost of their operations, by requests while they are nobody.

Fixed windows of a minute, counted with the `limits` library. What is refused is not counted, so a caller that
waits for the next window gets all of it.
"""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from math import ceil

from limits import RateLimitItemPerMinute
from limits.aio.strategies import FixedWindowRateLimiter

from crm_graphql.core.errors import RateLimited
from crm_graphql.core.settings import Settings
from crm_graphql.mongo.rate_windows import add_spending
from crm_graphql.server.windows import ProcessWindows, SharedWindows

WINDOW_SECONDS = 60

REFUSED_COST = 100
"""What a request costs that is refused before it runs: about a cold check of a small document."""


@dataclass(frozen=True, slots=True)
class RateState:
    """Where a caller stands. With `limit` 0 there is none, and no headers are sent."""

    policy: str
    limit: int
    remaining: int
    reset_seconds: int


class RateLimit:
    """A limit on what each caller spends in a minute; 0 is no limit."""

    def __init__(self, policy: str, limit: int, storage: ProcessWindows, advice: str) -> None:
        self._policy = policy
        self._limit = limit
        self._storage = storage
        self._advice = advice
        self._limiter = FixedWindowRateLimiter(storage)
        self._item = RateLimitItemPerMinute(limit, namespace=policy)

    async def spend(self, caller: str, cost: int = 1) -> RateState:
        """Count `cost` for the caller, and say what is left. Raises RateLimited, counting nothing, when that
        is less."""
        if not self._limit:
            return RateState(self._policy, 0, 0, 0)
        if not await self._limiter.test(self._item, caller, cost=cost):
            state = await self._state(caller)
            raise RateLimited(
                f"This costs {cost}; of the {self._limit} that may be spent in a minute {state.remaining} "
                f"are left. Try again in {state.reset_seconds} seconds{self._advice}.",
                retry_after_seconds=state.reset_seconds,
            )
        await self._limiter.hit(self._item, caller, cost=cost)
        return await self._state(caller)

    async def state(self, caller: str) -> RateState:
        """Where the caller stands, without spending: for the headers of a refusal."""
        return await self._state(caller) if self._limit else RateState(self._policy, 0, 0, 0)

    async def _state(self, caller: str) -> RateState:
        reset, remaining = await self._limiter.get_window_stats(self._item, caller)
        seconds = reset - self._storage.now()
        return RateState(self._policy, self._limit, remaining, max(1, ceil(min(seconds, WINDOW_SECONDS))))


@dataclass(frozen=True, slots=True)
class Rates:
    """The limits of an API process."""

    costs: RateLimit
    """Of callers with a token, by `Actor.subject`."""
    anonymous: RateLimit
    """Requests of callers without one, by `address_of`."""
    storage: ProcessWindows

    async def close(self) -> None:
        """Stop counting."""
        if isinstance(self.storage, SharedWindows):
            await self.storage.close()


def make_rates(settings: Settings) -> Rates:
    """The limits that the settings choose. Shared ones need an open database, and a `close` at the end."""
    storage = SharedWindows(add_spending) if settings.rates_shared else ProcessWindows()
    return Rates(
        costs=RateLimit(
            "cost",
            settings.rate_cost_per_minute,
            storage,
            ", or ask for less: `extensions.cost` says how much",
        ),
        anonymous=RateLimit("requests", settings.anonymous_requests_per_minute, storage, ", or send a token"),
        storage=storage,
    )


def rate_headers(state: RateState, *, limited: bool = False) -> dict[str, str]:
    """The fields of draft-ietf-httpapi-ratelimit-headers-10, and Retry-After when the request was `limited`.

    The unit is requests where the policy names no other (`qu`).
    """
    if not state.limit:
        return {}
    unit = "" if state.policy == "requests" else f';qu="{state.policy}"'
    headers = {
        "ratelimit-policy": f'"{state.policy}";q={state.limit}{unit};w={WINDOW_SECONDS}',
        "ratelimit": f'"{state.policy}";r={state.remaining};t={state.reset_seconds}',
    }
    return {**headers, "retry-after": str(state.reset_seconds)} if limited else headers


def address_of(host: str | None) -> str:
    """The key of an address. Of IPv6 the network of 64 bits: that is what a single customer has."""
    try:
        address = ipaddress.ip_address((host or "").partition("%")[0])
    except ValueError:
        return host or "unknown"
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped:
            return str(address.ipv4_mapped)
        return str(ipaddress.ip_network((address, 64), strict=False))
    return str(address)
