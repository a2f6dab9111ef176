"""Bulk workers killed by kill -9 in the middle of an operation, eight times over: it ends exact."""

from __future__ import annotations

import asyncio
import multiprocessing
import random
from multiprocessing.context import ForkServerProcess

import pytest
import uvloop
from bson import ObjectId

from consumers import upkeep
from crm_graphql.bulk import worker as worker_module
from crm_graphql.bulk.targets import Target
from crm_graphql.bulk.worker import BulkWorker
from crm_graphql.core.settings import Settings
from crm_graphql.core.tasks import end_tasks
from crm_graphql.customers.documents import Customer
from crm_graphql.resources import Resources, open_resources
from tests.bulk.factories import EVERYONE, assert_counted, operation, people, tag

CUSTOMERS = 1_500
PAGE_CUSTOMERS = 5
KILLS = 8


async def _work(settings: Settings, key: ObjectId) -> None:
    """Work until the operation has ended; small pages, so that a kill meets one under way."""
    worker_module.PAGE_CUSTOMERS = PAGE_CUSTOMERS
    async with open_resources(settings) as resources:
        worker = BulkWorker(resources.in_transaction, resources.bus, resources.clock, 0.6)
        while (await operation(key))["is_open"]:
            await worker.work(key)
            await asyncio.sleep(0.02)


def _run(settings: Settings, key: ObjectId) -> None:
    uvloop.run(_work(settings, key))


async def _kill_in_the_middle(process: ForkServerProcess, key: ObjectId, pages: int) -> None:
    """Kill -9 once it has done so many pages, at whatever it is doing then."""
    begun = int((await operation(key))["done"])
    while (await operation(key))["done"] < begun + pages * PAGE_CUSTOMERS:
        assert process.is_alive()
        await asyncio.sleep(0.002)
    await asyncio.sleep(random.random() * 0.02)
    process.kill()
    await asyncio.to_thread(process.join)


@pytest.mark.slow
@pytest.mark.timeout(120)
async def test_workers_killed_eight_times_change_everybody_once(
    resources: Resources, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(upkeep, "IDLE_SECONDS", 0.5)
    monkeypatch.setattr(upkeep, "INTERVAL_SECONDS", 0.1)
    await people(CUSTOMERS)
    row = await tag(resources, Target(rule=EVERYONE), add=["a"])
    processes = multiprocessing.get_context("forkserver")
    processes.set_forkserver_preload([__name__])
    settings, key = resources.settings, row["_id"]
    cleaning = asyncio.create_task(upkeep.end_abandoned_for_ever(resources))
    for number in range(KILLS):
        process = processes.Process(target=_run, args=(settings, key), daemon=True)
        process.start()
        await _kill_in_the_middle(process, key, pages=1 + number % 4)
    assert (await operation(key))["is_open"]
    last = processes.Process(target=_run, args=(settings, key), daemon=True)
    last.start()
    await asyncio.to_thread(last.join)
    await end_tasks([cleaning])
    assert last.exitcode == 0
    ended = await operation(key)
    assert (ended["status"], ended["done"], ended["failed"]) == ("COMPLETED", CUSTOMERS, 0)
    assert await assert_counted(resources) == {"tag:a": CUSTOMERS}
    once = {"tags": ["a"], "folded.tags": ["a"], "revision": 1}
    assert await Customer.get_pymongo_collection().count_documents(once) == CUSTOMERS
