"""Planner processes killed by kill -9 in the middle of a ledger, ten times over: it ends exact."""

from __future__ import annotations

import asyncio
import multiprocessing
import random
from multiprocessing.context import ForkServerProcess

import pytest
import uvloop
from bson import ObjectId

from consumers import upkeep
from crm_graphql.core.settings import Settings
from crm_graphql.core.tasks import end_tasks
from crm_graphql.delivery import planner as planner_module
from crm_graphql.delivery.campaign_locks import CampaignLocks
from crm_graphql.delivery.planner import Planner
from crm_graphql.resources import Resources, open_resources
from tests.delivery.factories import campaign_row, launch, make_customers
from tests.delivery.ledgers import assert_whole

CUSTOMERS = 1_500
PAGE_CUSTOMERS = 5
KILLS = 10


async def _plan(settings: Settings, key: ObjectId) -> None:
    """Plan until the ledger is whole; small pages, so that a kill meets one under way."""
    planner_module.PAGE_CUSTOMERS = PAGE_CUSTOMERS
    async with open_resources(settings) as resources:
        planner = Planner(
            transact=resources.in_transaction,
            bus=resources.bus,
            clock=resources.clock,
            locks=CampaignLocks(),
            lease_seconds=0.6,
            range_rows=PAGE_CUSTOMERS,
            public_url=settings.public_url,
        )
        while not (await campaign_row(key))["planning"]["done"]:
            await planner.plan(key)
            await asyncio.sleep(0.02)


def _run(settings: Settings, key: ObjectId) -> None:
    uvloop.run(_plan(settings, key))


async def _numbers(key: ObjectId) -> int:
    return int((await campaign_row(key))["planning"]["next_number"])


async def _kill_in_the_middle(process: ForkServerProcess, key: ObjectId, pages: int) -> None:
    """Kill -9 once it has written so many pages, at whatever it is doing then."""
    begun = await _numbers(key)
    while await _numbers(key) < begun + pages * PAGE_CUSTOMERS:
        assert process.is_alive()
        await asyncio.sleep(0.002)
    await asyncio.sleep(random.random() * 0.02)
    process.kill()
    await asyncio.to_thread(process.join)


@pytest.mark.slow
@pytest.mark.timeout(120)
async def test_planners_killed_ten_times_write_everybody_once(
    resources: Resources, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(upkeep, "IDLE_SECONDS", 0.5)
    monkeypatch.setattr(upkeep, "INTERVAL_SECONDS", 0.1)
    customers = await make_customers(CUSTOMERS, without_address=100)
    key = await launch(resources)
    processes = multiprocessing.get_context("forkserver")
    processes.set_forkserver_preload([__name__])
    settings = resources.settings
    cleaning = asyncio.create_task(upkeep.end_abandoned_for_ever(resources))
    for number in range(KILLS):
        process = processes.Process(target=_run, args=(settings, key), daemon=True)
        process.start()
        await _kill_in_the_middle(process, key, pages=1 + number % 4)
    assert not (await campaign_row(key))["planning"]["done"]
    last = processes.Process(target=_run, args=(settings, key), daemon=True)
    last.start()
    await asyncio.to_thread(last.join)
    await end_tasks([cleaning])
    assert last.exitcode == 0
    await assert_whole(key, customers)
