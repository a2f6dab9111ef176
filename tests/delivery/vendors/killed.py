"""Senders killed by kill -9 in the middle of a campaign, again and again, with the vendor that the settings
name: nobody is written to twice, nobody is forgotten."""

from __future__ import annotations

import asyncio
import multiprocessing
from collections import Counter
from collections.abc import Callable, Mapping
from multiprocessing.context import ForkServerProcess
from typing import Any

import uvloop
from bson import ObjectId

from consumers.runner import Runner
from crm_graphql.core.settings import Settings
from crm_graphql.delivery.documents import Delivery, DeliveryReason
from crm_graphql.resources import Resources, open_resources
from tests.delivery.factories import campaign_row

KILLS = 3
_QUICK = {
    "development": False,
    "lease_seconds": 1.0,
    "vendor_deadline_seconds": 0.8,
    "reconcile_interval_seconds": 0.2,
    "consumer_lease_seconds": 0.6,
    "delivery_batch": 20,
    "senders": 2,
}


async def assert_no_harm_by_kills(
    resources: Resources,
    campaign_id: ObjectId,
    *,
    vendor_settings: Mapping[str, Any],
    taken: Callable[[], Counter[str]],
    is_exact: bool,
    most_unknown: int,
) -> None:
    """Kill the sender of the launched campaign three times while its vendor takes messages; then let it end.

    `taken`: by key what the vendor's server took. `is_exact`: the vendor dedupes or can be asked, so that
    nothing stays unknown; else at most `most_unknown` may for each kill. The vendor must not be so fast that
    all is over before the first kill; what it takes counts as delivered, or as sent until its receipts come.
    """
    settings = resources.settings.model_copy(update={**_QUICK, **vendor_settings})
    for _ in range(KILLS):
        process = _start(settings)
        before = len(taken())
        async with asyncio.timeout(150):
            while len(taken()) < before + 10:
                assert process.is_alive()
                await asyncio.sleep(0.005)
        await _kill(process)
    assert (await campaign_row(campaign_id))["status"] == "SENDING", "it was over before the last kill"
    process = _start(settings)
    try:
        await _until_none_is_queued(campaign_id)
    finally:
        await _kill(process)
    await _assert_nobody_twice_or_forgotten(campaign_id, taken(), is_exact=is_exact, most=most_unknown)


async def _assert_nobody_twice_or_forgotten(
    campaign_id: ObjectId, taken: Counter[str], *, is_exact: bool, most: int
) -> None:
    assert set(taken.values()) == {1}
    rows = await Delivery.get_pymongo_collection().find({"campaign_id": campaign_id}).to_list()
    unknown = {
        f"{row['_id']}-{row['attempt']}"
        for row in rows
        if row.get("reason") == DeliveryReason.OUTCOME_UNKNOWN.value
    }
    told = {f"{row['_id']}-{row['attempt']}" for row in rows if row["status"] in ("SENT", "DELIVERED")}
    assert len(told) + len(unknown) == len(rows)
    assert told <= set(taken)
    assert set(taken) <= told | unknown
    assert len(unknown) <= (0 if is_exact else KILLS * most)


async def _until_none_is_queued(campaign_id: ObjectId) -> None:
    async with asyncio.timeout(90):
        while True:
            stats = (await campaign_row(campaign_id))["stats"]
            if stats["total"] and not stats["queued"]:
                return
            await asyncio.sleep(0.05)


async def _consume(settings: Settings) -> None:
    async with open_resources(settings) as resources:
        await Runner(resources).start()
        await asyncio.Event().wait()


def _run(settings: Settings) -> None:
    uvloop.run(_consume(settings))


def _start(settings: Settings) -> ForkServerProcess:
    processes = multiprocessing.get_context("forkserver")
    processes.set_forkserver_preload([__name__])
    process = processes.Process(target=_run, args=(settings,), daemon=True)
    process.start()
    return process


async def _kill(process: ForkServerProcess) -> None:
    process.kill()
    await asyncio.to_thread(process.join)
