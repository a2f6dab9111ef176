"""The settler of bounces: what comes back leads to something within a second, in one process at a time."""

from __future__ import annotations

import uuid

from crm_graphql.bounces.settling import settle_open
from crm_graphql.core.tasks import repeat
from crm_graphql.mongo.leases import hold_task
from crm_graphql.resources import Resources

SETTLE_SECONDS = 1.0
_TASK = "settler"
_LEASE_SECONDS = 5.0


async def settle_for_ever(resources: Resources) -> None:
    """Settle every second, as long as no other process does it. Ends only when cancelled."""
    token = uuid.uuid4().hex

    async def step() -> None:
        # Two at once would do the same twice, which counts once.
        if await hold_task(_TASK, token, _LEASE_SECONDS):
            await settle_open(settings=resources.settings, bus=resources.bus, clock=resources.clock)

    interval = resources.settings.reconcile_interval_seconds
    await repeat(step, name=_TASK, seconds=min(SETTLE_SECONDS, interval))
