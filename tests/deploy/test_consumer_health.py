"""The health check of consumer containers, against real leases."""

from __future__ import annotations

import asyncio

from consumers.health import live_processes
from consumers.partitions import Partitions
from crm_graphql.resources import Resources


async def _nothing(mine: frozenset[int]) -> None:
    pass


async def test_a_host_is_healthy_while_one_of_its_processes_renews_its_lease(resources: Resources) -> None:
    partitions = Partitions(2, lease_seconds=1, on_change=_nothing)
    host = partitions.process_id.rsplit("-", 1)[0]
    assert await asyncio.to_thread(live_processes, resources.settings, host) == 0
    await partitions.start()
    try:
        await asyncio.sleep(1.5)
        assert await asyncio.to_thread(live_processes, resources.settings, host) == 1
        assert await asyncio.to_thread(live_processes, resources.settings, host[:-1]) == 0
    finally:
        await partitions.stop()
    assert await asyncio.to_thread(live_processes, resources.settings, host) == 0
