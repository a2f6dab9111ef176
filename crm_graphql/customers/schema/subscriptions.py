"""Watching whether customers change."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing
from datetime import UTC, datetime

import strawberry

from crm_graphql.core.actor import Permission
from crm_graphql.customers.changed import CUSTOMERS_TOPIC, last_customers_change
from crm_graphql.gql.context import Info
from crm_graphql.gql.permission import subscription

LEAST_SECONDS = 1.0
"""Between two events of one watcher."""
_NEVER = datetime.fromtimestamp(0, UTC)


@strawberry.type(description="Something about customers changed: look again.")
class CustomersChange:
    at: datetime = strawberry.field(description="When it was.")


async def _last_change() -> datetime:
    return await last_customers_change() or _NEVER


@subscription(
    Permission.CUSTOMERS_READ,
    "First when customers last changed (1970 where they never did), then each time they did since, at most "
    "once a second: look again at what is shown of them.",
)
async def customers_changed(info: Info) -> AsyncIterator[CustomersChange]:
    states = info.context.live.states(CUSTOMERS_TOPIC, "moment", _last_change, lambda at: at)
    async with aclosing(states):
        async for at in states:
            yield CustomersChange(at=at)
            # What changes meanwhile is the next event.
            await asyncio.sleep(LEAST_SECONDS)
