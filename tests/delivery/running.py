"""A deployment in the test's own process: consumers over the test's resources, with short waits."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

from bson import ObjectId

from consumers.runner import Runner
from crm_graphql.delivery.vendors.port import Vendor
from crm_graphql.resources import Resources
from tests.delivery.factories import assert_exact, campaign_row

QUICK = {
    "lease_seconds": 1.0,
    "vendor_deadline_seconds": 0.4,
    "reconcile_interval_seconds": 0.1,
    "shutdown_grace_seconds": 2.0,
    "delivery_batch": 10,
}

PATIENCE_SECONDS = 90.0
"""So long a machine that does much at once may take; it costs nothing where all is well."""


@asynccontextmanager
async def running(resources: Resources, vendor: Vendor, **changes: Any) -> AsyncIterator[Runner]:
    """Consumers over `resources`, with the settings changed."""
    settings = resources.settings.model_copy(update={**QUICK, **changes})
    changed = resources.with_settings(settings)
    await changed.deployment.read()
    runner = Runner(changed, vendor=vendor)
    await runner.start()
    try:
        yield runner
    finally:
        await runner.stop()


async def until(condition: Callable[[], Awaitable[bool]], *, seconds: float = PATIENCE_SECONDS) -> None:
    """Return when the condition holds; fail after so long."""
    deadline = time.monotonic() + seconds
    while not await condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        await asyncio.sleep(0.02)


async def until_status(key: ObjectId, status: str, *, seconds: float = PATIENCE_SECONDS) -> dict[str, Any]:
    """Wait for the campaign to get there, every read exact; the campaign then."""

    async def reached() -> bool:
        row = await campaign_row(key)
        stats = row["stats"]
        assert stats["total"] == sum(
            stats[name] for name in ("queued", "sent", "delivered", "failed", "skipped")
        )
        return bool(row["status"] == status)

    await until(reached, seconds=seconds)
    return await assert_exact(key)


async def until_stats(key: ObjectId, *, seconds: float = PATIENCE_SECONDS, **figures: int) -> dict[str, Any]:
    """Wait for these counts; the campaign then."""

    async def reached() -> bool:
        stats = (await campaign_row(key))["stats"]
        return all(stats[name] == figure for name, figure in figures.items())

    await until(reached, seconds=seconds)
    return await assert_exact(key)
