"""Consumers killed by kill -9 in the middle of an export, again and again: the file is whole and exact."""

from __future__ import annotations

import asyncio
import multiprocessing
import random
from multiprocessing.context import ForkServerProcess
from typing import Any

import pytest
import uvloop
from bson import ObjectId

from consumers.runner import Runner
from crm_graphql.core.settings import Settings
from crm_graphql.exports import reading as reading_module
from crm_graphql.exports import worker as worker_module
from crm_graphql.exports.reconcile import remove_expired
from crm_graphql.local.mongod import Mongod
from crm_graphql.resources import Resources, open_resources
from tests.bulk.factories import people
from tests.exports.factories import CSV, CUSTOMERS, ORDERS, ask, column, file_of, read_rows, stored
from tests.exports.test_contents import buy

CUSTOMERS_COUNT = 1_500
ROWS_AT_ONCE = 5
KILLS = 4


async def _consume(settings: Settings, rows_at_once: int | None) -> None:
    """A consumer process; with small parts, by the rows of each, a kill meets one under way."""
    if rows_at_once is not None:
        worker_module.PART_SECONDS = 0.01
        reading_module.ROWS_AT_ONCE = rows_at_once
    async with open_resources(settings) as resources:
        runner = Runner(resources)
        await runner.start()
        await asyncio.Event().wait()


def _run(settings: Settings, rows_at_once: int | None) -> None:
    uvloop.run(_consume(settings, rows_at_once))


async def _kill_in_the_middle(process: ForkServerProcess, key: ObjectId) -> None:
    """Kill -9 once it has taken in a part, at whatever it is doing then."""
    begun = (await stored(key))["rows"]
    async with asyncio.timeout(120):
        while (await stored(key))["rows"] == begun:
            assert process.is_alive()
            await asyncio.sleep(0.002)
    await asyncio.sleep(random.random() * 0.05)
    await _kill(process)


async def _until_ended(key: ObjectId) -> dict[str, Any]:
    async with asyncio.timeout(90):
        while (found := await stored(key))["is_open"]:
            await asyncio.sleep(0.05)
    return found


def _consumer(resources: Resources, *, rows_at_once: int | None = ROWS_AT_ONCE) -> ForkServerProcess:
    """A consumer process that has begun; what another had in hand it takes over soon."""
    processes = multiprocessing.get_context("forkserver")
    processes.set_forkserver_preload([__name__])
    settings = resources.settings.model_copy(
        update={"lease_seconds": 0.6, "reconcile_interval_seconds": 0.2, "consumer_lease_seconds": 0.6}
    )
    process = processes.Process(target=_run, args=(settings, rows_at_once), daemon=True)
    process.start()
    return process


async def _kill(process: ForkServerProcess) -> None:
    process.kill()
    await asyncio.to_thread(process.join)


@pytest.mark.slow
@pytest.mark.timeout(180)
@pytest.mark.parametrize("content", [CUSTOMERS, ORDERS])
async def test_a_file_whose_makers_are_killed_has_each_row_once(resources: Resources, content: Any) -> None:
    keys = await people(CUSTOMERS_COUNT)
    if content is ORDERS:
        await buy(keys, each=1)
    key = (await ask(resources, content))["_id"]
    for _ in range(KILLS):
        await _kill_in_the_middle(_consumer(resources), key)
    assert (await stored(key))["is_open"]
    last = _consumer(resources, rows_at_once=None)
    ended = await _until_ended(key)
    await _kill(last)
    rows = read_rows(CSV, await file_of(resources, ended))
    name = "order_id" if content is ORDERS else "customer_id"
    assert len(rows) == len(set(column(rows, name))) == ended["rows"] == CUSTOMERS_COUNT
    assert ended["status"] == "COMPLETED"
    await resources.database.exports.update_one({"_id": key}, {"$set": {"expires_at": ended["created_at"]}})
    # Who was killed may hold it a moment longer.
    async with asyncio.timeout(60):
        while [one async for one in resources.storage.list(f"exports/{key}")]:
            await remove_expired(resources.storage)
            await asyncio.sleep(0.05)


@pytest.mark.slow
@pytest.mark.timeout(180)
async def test_a_database_that_is_killed_costs_time_only(resources: Resources, mongod: Mongod) -> None:
    await people(CUSTOMERS_COUNT)
    key = (await ask(resources))["_id"]
    consumer = _consumer(resources, rows_at_once=25)
    async with asyncio.timeout(120):
        while not (await stored(key))["rows"]:
            await asyncio.sleep(0.002)
    mongod.kill()
    mongod.start()
    assert (await stored(key))["is_open"]
    ended = await _until_ended(key)
    await _kill(consumer)
    rows = read_rows(CSV, await file_of(resources, ended))
    assert column(rows, "customer_id") == [f"C{number:04d}" for number in range(CUSTOMERS_COUNT)]
