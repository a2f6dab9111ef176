"""Pauses of an event loop: how long it was kept from everything else."""

from __future__ import annotations

import asyncio
import gc
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from crm_graphql.core.tasks import end_tasks


class Pauses:
    """The longest so far, in seconds of this thread's processor: what others do here is no pause."""

    longest = 0.0

    async def watch(self) -> None:
        """Run beside what is measured."""
        while True:
            begun = time.thread_time()
            await asyncio.sleep(0.001)
            self.longest = max(self.longest, time.thread_time() - begun)


@asynccontextmanager
async def measured_pauses() -> AsyncIterator[Pauses]:
    """Measure while the block runs; the garbage collector leaves out what lives already, from here on."""
    gc.collect()
    gc.freeze()
    pauses = Pauses()
    task = asyncio.create_task(pauses.watch())
    await asyncio.sleep(0)
    try:
        yield pauses
    finally:
        await end_tasks([task])
