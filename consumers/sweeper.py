"""The sweeper of the storage: takes away what no file names, now and then, in one process at a time."""

from __future__ import annotations

import uuid

from crm_graphql.core.tasks import repeat
from crm_graphql.media.reconcile import sweep_media
from crm_graphql.mongo.leases import hold_task
from crm_graphql.storage.port import Storage

INTERVAL_SECONDS = 3600.0
LOOK_SECONDS = 300.0
"""How often a process looks whether it is to sweep."""


async def sweep_for_ever(storage: Storage) -> None:
    """Sweep about every hour, as long as no other process has. Ends only when cancelled."""

    async def step() -> None:
        # A token of its own each time: whoever swept last does not hold the task against the next hour.
        if await hold_task("sweeper", uuid.uuid4().hex, INTERVAL_SECONDS):
            await sweep_media(storage)

    await repeat(step, name="sweeper", seconds=LOOK_SECONDS)
