"""The following of orders that changed, for the results of campaigns; by one process."""

from __future__ import annotations

import uuid

from crm_graphql.attribution.following import Follower
from crm_graphql.core.tasks import repeat
from crm_graphql.mongo.leases import hold_task
from crm_graphql.resources import Resources

LEASE_SECONDS = 30.0
"""Longer than a turn mostly takes; two at once do no harm."""
TURN_SECONDS = 10.0
_TASK = "attribution"


async def follow_for_ever(resources: Resources) -> None:
    """Follow what changed every interval, as long as no other process does. Ends only when cancelled."""
    token = uuid.uuid4().hex
    follower = Follower(resources.in_transaction, resources.bus)

    async def step() -> None:
        while await hold_task(_TASK, token, LEASE_SECONDS):
            if await follower.run(for_seconds=TURN_SECONDS):
                break

    await repeat(step, name=_TASK, seconds=resources.settings.reconcile_interval_seconds)
