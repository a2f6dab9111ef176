"""How long does tagging customers by a rule take beside the raw driver's update of the same documents?

Run: python -m benchmarks.bulk_tagging [--customers 100000]

Every second customer is tagged by a rule, in pages as consumers do it: each page one transaction with the
operation's progress, tags, their folded copy, versions and counts in it. The raw limit is one `update_many`
of the driver that pushes the same tag and its folded copy, without transactions, versions or counts, on the
other customers of the same collection, so that both move the same indexes. Private MongoDB, cache of 2 GiB.
"""

from __future__ import annotations

import argparse
import asyncio
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from crm_graphql.bulk.documents import BulkOperation
from crm_graphql.bulk.service import tag_customers
from crm_graphql.bulk.targets import Target
from crm_graphql.bulk.worker import BulkWorker
from crm_graphql.core.actor import Actor, Role
from crm_graphql.core.settings import BusKind, load_settings
from crm_graphql.customers.derived import folded_copy
from crm_graphql.customers.documents import Customer
from crm_graphql.customers.drafts import new_customer
from crm_graphql.customers.labels import settle_labels
from crm_graphql.local.mongod import Mongod
from crm_graphql.resources import Resources, open_resources

LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
BATCH = 5_000
HALF = {"where": {"field": "visitCount", "operator": "EQ", "value": 1}}


async def fill(customers: int) -> None:
    """Customers of whom every second has been here once, the others twice."""
    for start in range(0, customers, BATCH):
        rows = []
        for number in range(start, min(start + BATCH, customers)):
            row = new_customer(f"C{number:07d}", LONG_AGO)
            row |= {"name": f"Name {number}", "email": f"c{number}@example.org", "tags": ["customer"]}
            row |= {"visit_count": 1 + number % 2}
            # As an import makes them: each row has its own.
            row["versions"] = dict.fromkeys(("name", "email", "tags"), number)
            rows.append({**row, "folded": folded_copy(row)})
        await Customer.get_pymongo_collection().insert_many(rows, ordered=False)


async def raw(customers: int) -> float:
    """Customers a second of the driver's one update."""
    began = time.perf_counter()
    result = await Customer.get_pymongo_collection().update_many(
        {"visit_count": 2},
        {"$push": {"tags": "raw", "folded.tags": "raw"}, "$set": {"updated_at": datetime.now(UTC)}},
    )
    assert result.modified_count == customers // 2
    return result.modified_count / (time.perf_counter() - began)


async def product(resources: Resources, customers: int) -> float:
    """Customers a second of the operation, from the request to its end, counts settled."""
    began = time.perf_counter()
    worker = BulkWorker(resources.in_transaction, resources.bus, resources.clock, 10.0)
    operation = await tag_customers(
        Actor(Role.MARKETER, "benchmark"),
        Target(rule=HALF),
        add=["tagged"],
        remove=(),
        worker=worker,
        settings=resources.settings,
    )
    while not await worker.work(operation["_id"]):
        pass
    await settle_labels(resources.in_transaction)
    seconds = time.perf_counter() - began
    ended: Any = await BulkOperation.get_pymongo_collection().find_one({"_id": operation["_id"]})
    assert (ended["status"], ended["done"]) == ("COMPLETED", customers // 2)
    return float(ended["done"]) / seconds


async def main(customers: int) -> None:
    """Start a database, fill it, measure both."""
    with tempfile.TemporaryDirectory() as folder:
        mongod = Mongod(Path(folder), cache_gb=2)
        mongod.start()
        try:
            settings = load_settings(
                _env_file=None,
                mongodb_url=mongod.url,
                mongodb_database="benchmark",
                bus=BusKind.EMBEDDED,
                log_level="WARNING",
            )
            async with open_resources(settings) as resources:
                await fill(customers)
                await settle_labels(resources.in_transaction)
                by_driver = await raw(customers)
                by_product = await product(resources, customers)
                print(f"{customers // 2:,} of {customers:,} customers tagged by a rule")
                print(f"  driver, one update_many   {by_driver:10,.0f} customers/s")
                print(f"  bulk operation            {by_product:10,.0f} customers/s")
                print(f"  ratio                     {by_product / by_driver:10.2f}")
        finally:
            mongod.kill()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--customers", type=int, default=100_000)
    asyncio.run(main(parser.parse_args().customers))
