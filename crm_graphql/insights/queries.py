"""Insights as they are read: all that changed, what matters most first."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Sequence
from weakref import WeakKeyDictionary

from crm_graphql.core.actor import Actor, Permission
from crm_graphql.core.clock import Clock
from crm_graphql.core.settings import Settings
from crm_graphql.insights.campaigns import failing_campaigns
from crm_graphql.insights.changes import Insight
from crm_graphql.insights.customers import first_purchases, new_customers, orders
from crm_graphql.insights.periods import Periods
from crm_graphql.insights.returns import staying_away

PART_OF_TIMEOUT = 0.8
"""So much of the time of a read (`CRM_READ_TIMEOUT_SECONDS`) may one part take, with all its questions."""
_running: WeakKeyDictionary[asyncio.AbstractEventLoop, asyncio.Task[Sequence[Insight]]] = WeakKeyDictionary()
"""The one search of this process that is under way: it costs the database seconds, so that whoever asks
meanwhile gets its answer."""


async def find_insights(actor: Actor, first: int, *, clock: Clock, settings: Settings) -> Sequence[Insight]:
    """What changed in the last 30 days against the 30 before, what matters most first, `first` at the most.

    Nothing is told that may be chance, or that takes too long to count. Requires CUSTOMERS_READ,
    AUDIENCES_READ and CAMPAIGNS_READ.
    """
    for permission in (Permission.CUSTOMERS_READ, Permission.AUDIENCES_READ, Permission.CAMPAIGNS_READ):
        actor.require(permission)
    loop = asyncio.get_running_loop()
    search = _running.get(loop)
    if search is None or search.done():
        search = _running[loop] = asyncio.ensure_future(_search(clock, settings))
    # Who leaves ends it for nobody else.
    return (await asyncio.shield(search))[:first]


async def _search(clock: Clock, settings: Settings) -> Sequence[Insight]:
    """All that changed, in order."""
    periods = Periods(settings.local(clock.now()))
    parts = (
        new_customers(periods, settings),
        first_purchases(periods, settings),
        orders(periods, settings),
        staying_away(periods, settings),
        failing_campaigns(periods),
    )
    budget = PART_OF_TIMEOUT * settings.read_timeout_seconds
    found = await asyncio.gather(*(_in_time(part, budget) for part in parts))
    insights = [insight for part in found for insight in part]
    return sorted(insights, key=lambda one: (-one.importance, one.title))


async def _in_time(part: Awaitable[Sequence[Insight]], seconds: float) -> Sequence[Insight]:
    """What a part tells; nothing where all its questions together take too long."""
    try:
        async with asyncio.timeout(seconds):
            return await part
    except TimeoutError:
        return ()
