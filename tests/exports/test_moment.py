"""The one moment of an export: as long as MongoDB keeps it, and what is said when it does not."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import pytest
from bson import ObjectId
from pymongo.errors import OperationFailure

from crm_graphql.customers.documents import Customer
from crm_graphql.exports import worker as worker_module
from crm_graphql.exports.moment import Reading, history_seconds, is_past, warning
from crm_graphql.resources import Resources
from tests.bulk.factories import people
from tests.exports.factories import CSV, ask, column, file_of, finish, read_rows, stored, worker_over

COUNT = 3_000


@pytest.fixture
async def window(resources: Resources) -> AsyncIterator[str]:
    """The parameter by which MongoDB keeps history; what a test sets of it is undone."""
    name = "minSnapshotHistoryWindowInSeconds"
    before = await resources.mongo.admin.command({"getParameter": 1, name: 1})
    yield name
    await resources.mongo.admin.command({"setParameter": 1, name: before[name]})


@pytest.fixture(autouse=True)
def _small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker_module, "PART_SECONDS", 0.0)


async def everybody_changes() -> None:
    """Every customer gets another city, some go, some come."""
    customers = Customer.get_pymongo_collection()
    await customers.update_many({}, {"$set": {"city": "Later"}})
    await customers.delete_many({"external_id": {"$regex": "9$"}})
    copied = await customers.find_one({})
    assert copied is not None
    await customers.insert_one(
        {**copied, "_id": ObjectId(), "external_id": "new", "created_at": datetime.now(UTC)}
    )


async def test_what_changes_while_it_is_made_is_not_in_it(resources: Resources) -> None:
    await people(COUNT)
    export = await ask(resources)
    await worker_over(resources).work(export["_id"])
    await everybody_changes()
    ended = await finish(resources, export)
    rows = read_rows(CSV, await file_of(resources, ended))
    assert (ended["is_one_moment"], ended["note"]) == (True, None)
    assert column(rows, "customer_id") == [f"C{number:04d}" for number in range(COUNT)]
    assert set(column(rows, "city")) == {""}


async def test_a_moment_that_is_past_is_said_and_the_rest_is_read_as_it_is(
    resources: Resources, window: str
) -> None:
    await people(COUNT)
    export = await ask(resources)
    await worker_over(resources).work(export["_id"])
    first = (await stored(export["_id"]))["rows"]
    await everybody_changes()
    await resources.mongo.admin.command({"setParameter": 1, window: 0})
    await until_past(await stored(export["_id"]))
    ended = await finish(resources, export)
    rows = read_rows(CSV, await file_of(resources, ended))
    keys = column(rows, "customer_id")
    assert len(keys) == len(set(keys))
    assert "new" not in keys
    assert ended["status"] == "COMPLETED"
    assert (ended["is_one_moment"], ended["cluster_time"]) == (False, None)
    assert "minSnapshotHistoryWindowInSeconds" in ended["note"]
    assert set(column(rows[first:], "city")) == {"Later"}


async def until_past(export: dict[str, Any]) -> None:
    """Write until MongoDB keeps the export's moment no more."""
    customers = Customer.get_pymongo_collection()
    past = Reading.at(export["cluster_time"]).of(customers)
    async with asyncio.timeout(60):
        while True:
            await customers.update_one({}, {"$inc": {"revision": 1}})
            try:
                await past.find_one({}, {"_id": 1})
            except OperationFailure as error:
                if is_past(error):
                    return
                raise
            await asyncio.sleep(0.1)


async def test_the_window_is_looked_at_and_too_short_a_one_is_said_beforehand(
    resources: Resources, window: str
) -> None:
    await resources.mongo.admin.command({"setParameter": 1, window: 7})
    assert await history_seconds(resources.database) == 7.0
    said = warning(7.0, 1_000_000)
    assert said is not None
    assert "keeps 7 s of history, and this may take 50 s" in said
    assert warning(300.0, 1_000_000) is None
    assert warning(None, 10**9) is None
    assert warning(1.0, None) is None


async def test_an_export_of_many_says_so_when_it_begins(resources: Resources, window: str) -> None:
    await people(3)
    export = await ask(resources)
    await resources.database.exports.update_one({"_id": export["_id"]}, {"$set": {"expected": 10**7}})
    await resources.mongo.admin.command({"setParameter": 1, window: 5})
    await worker_over(resources).work(export["_id"])
    assert "keeps 5 s of history" in (await stored(export["_id"]))["note"]
