"""A transaction whose process is gone does not hold up its successors."""

from __future__ import annotations

import asyncio
import time

import pytest
from pymongo.asynchronous.client_session import AsyncClientSession
from pymongo.errors import PyMongoError

from consumers import upkeep
from crm_graphql.core.tasks import end_tasks
from crm_graphql.mongo.transactions import end_abandoned_transactions
from crm_graphql.resources import Resources


async def test_an_idle_transaction_of_ours_is_ended_and_frees_what_it_locked(resources: Resources) -> None:
    rows = resources.database["rows"]
    await rows.insert_one({"_id": 1, "count": 0})
    async with resources.mongo.start_session() as session:
        await session.start_transaction()
        await rows.update_one({"_id": 1}, {"$inc": {"count": 100}}, session=session)
        waiting = asyncio.create_task(rows.update_one({"_id": 1}, {"$inc": {"count": 1}}))
        assert await end_abandoned_transactions(resources.mongo, idle_seconds=60) == 0
        await asyncio.sleep(0.2)
        assert not waiting.done()
        started = time.monotonic()
        assert await end_abandoned_transactions(resources.mongo, idle_seconds=0.1) == 1
        await waiting
        assert time.monotonic() - started < 5
        with pytest.raises(PyMongoError):
            await session.commit_transaction()
    assert await rows.find_one({"_id": 1}) == {"_id": 1, "count": 1}


async def test_work_whose_transaction_was_ended_is_run_again(resources: Resources) -> None:
    rows = resources.database["rows"]
    await rows.insert_one({"_id": 1, "count": 0})
    runs = 0

    async def work(session: AsyncClientSession) -> None:
        nonlocal runs
        runs += 1
        await rows.update_one({"_id": 1}, {"$inc": {"count": 1}}, session=session)
        if runs == 1:
            await asyncio.sleep(0.2)
            assert await end_abandoned_transactions(resources.mongo, idle_seconds=0.1) == 1

    await resources.in_transaction(work)
    assert runs == 2
    assert await rows.find_one({"_id": 1}) == {"_id": 1, "count": 1}


async def test_a_bug_in_upkeep_does_not_end_it(resources: Resources, monkeypatch: pytest.MonkeyPatch) -> None:
    runs, again = 0, asyncio.Event()

    async def broken(*_: object, **__: object) -> int:
        nonlocal runs
        runs += 1
        if runs == 3:
            again.set()
        raise KeyError("a bug")

    monkeypatch.setattr(upkeep, "end_abandoned_transactions", broken)
    monkeypatch.setattr(upkeep, "INTERVAL_SECONDS", 0.01)
    task = asyncio.create_task(upkeep.end_abandoned_for_ever(resources))
    await asyncio.wait_for(again.wait(), 20)
    assert not task.done()
    await end_tasks([task])
