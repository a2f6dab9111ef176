"""Workers over the test's resources, operations that go to their end, and counts made by hand."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

from bson import ObjectId

from crm_graphql.bulk.documents import BulkOperation
from crm_graphql.bulk.service import tag_customers
from crm_graphql.bulk.targets import Target
from crm_graphql.bulk.worker import BulkWorker
from crm_graphql.consents.addresses import suppressed_on
from crm_graphql.core.actor import Actor, Role
from crm_graphql.core.paging import Row
from crm_graphql.customers.apply_records import apply_customers
from crm_graphql.customers.derived import folded_copy
from crm_graphql.customers.documents import Customer, LabelCount
from crm_graphql.customers.drafts import new_customer
from crm_graphql.customers.labels import settle_labels
from crm_graphql.customers.records import CustomerRecord
from crm_graphql.orders.documents import Order
from crm_graphql.resources import Resources
from tests.delivery.factories import LONG_AGO

MARKETER = Actor(Role.MARKETER, "marketer")
VIEWER = Actor(Role.VIEWER, "viewer")
EVERYONE = {"where": {"field": "externalId", "operator": "IS_SET"}}


def worker_over(resources: Resources) -> BulkWorker:
    """A worker as a consumer has one."""
    return BulkWorker(resources.in_transaction, resources.bus, resources.clock, 5.0)


async def tag(
    resources: Resources, target: Target, *, add: Sequence[str] = (), remove: Sequence[str] = ()
) -> Row:
    """The operation of a marketer who tags. All are counted before it, so that it counts by what it notes."""
    await settle_labels(resources.in_transaction)
    return await tag_customers(
        MARKETER,
        target,
        add=add,
        remove=remove,
        worker=worker_over(resources),
        settings=resources.settings,
    )


async def operation(key: ObjectId) -> dict[str, Any]:
    """The operation as it stands."""
    row: dict[str, Any] | None = await BulkOperation.get_pymongo_collection().find_one({"_id": key})
    assert row is not None
    return row


async def finish(resources: Resources, *keys: ObjectId) -> dict[str, Any]:
    """Take the operations' turns, one after another, until all have ended; the last of them."""
    worker = worker_over(resources)
    async with asyncio.timeout(90):
        while open_ones := [key for key in keys if (await operation(key))["is_open"]]:
            for key in open_ones:
                await worker.work(key)
    return await operation(keys[-1])


async def ingest(resources: Resources, number: int, **tags_by_key: Sequence[str]) -> None:
    """Apply records that say each customer's tags, of the ingestion with this number."""
    records = [
        CustomerRecord(row, key, {"tags": [*tags]}) for row, (key, tags) in enumerate(tags_by_key.items())
    ]
    now = resources.clock.now()

    async def work(session: Any) -> None:
        await apply_customers(
            records,
            ingestion_number=number,
            now=now,
            orders=Order.get_pymongo_collection(),
            suppressed_on=suppressed_on,
            session=session,
        )

    await resources.in_transaction(work)


async def people(count: int, tags: Callable[[int], list[str]] | Sequence[str] = ()) -> list[ObjectId]:
    """Customers C0000, C0001 ... as records of the first ingestion made them, each having spent as many units
    of money as its number."""
    rows = []
    for number in range(count):
        row = new_customer(f"C{number:04d}", LONG_AGO)
        row |= {"tags": tags(number) if callable(tags) else [*tags], "versions": {"tags": 1}}
        row["total_spend"] = number * 10_000
        rows.append({**row, "folded": folded_copy(row)})
    await Customer.get_pymongo_collection().insert_many(rows)
    return [row["_id"] for row in rows]


async def tags_of(key: str) -> list[str]:
    """A customer's tags, which its folded copy must repeat."""
    row: Any = await Customer.get_pymongo_collection().find_one({"external_id": key})
    assert row["folded"]["tags"] == [one.casefold() for one in row["tags"]]
    found: list[str] = row["tags"]
    return found


async def assert_counted(resources: Resources) -> dict[str, int]:
    """The counts of tags and groups, which are those of the customers."""
    await settle_labels(resources.in_transaction)
    counted: Counter[str] = Counter()
    async for row in Customer.get_pymongo_collection().find({}, {"tags": 1, "groups": 1}):
        counted.update({f"tag:{one.casefold()}" for one in row["tags"]})
        counted.update({f"group:{one}" for one in row.get("groups") or ()})
    rows = LabelCount.get_pymongo_collection().find()
    found = {row["_id"]: row["customers"] async for row in rows}
    assert found == dict(counted)
    return found
