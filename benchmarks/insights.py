"""How long do the insights take at 1,000,000 customers and as many orders in the two months compared?

Run: python -m benchmarks.insights [--customers 1000000] [--orders 1000000] [--rounds 5]

Insights are what `insights` does below GraphQL: a dozen counts of customers, one pass over the orders of each
month, the visits before of two thousand customers. Beside them the raw limit: the driver's count of all those
orders. Private MongoDB, with a cache of 2 GiB. The time is held to `CRM_READ_TIMEOUT_SECONDS`.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import statistics
import tempfile
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

from beanie import init_beanie
from pymongo import AsyncMongoClient

from benchmarks.audience_preview import NOW, fill, times
from crm_graphql.campaigns.documents import Campaign
from crm_graphql.core.actor import Actor, Role
from crm_graphql.core.settings import load_settings
from crm_graphql.customers.documents import Customer
from crm_graphql.insights.periods import DAYS
from crm_graphql.insights.queries import find_insights
from crm_graphql.local.mongod import Mongod
from crm_graphql.orders.documents import Order
from crm_graphql.resources import Database
from tests.clocks import FixedClock

BATCH = 10_000
SPAN = timedelta(days=2 * DAYS)


async def fill_orders(database: Database, orders: int) -> None:
    """Insert so many orders of the last two months, a fifth more in the second, each of some customer."""
    source, began = random.Random(8), time.perf_counter()
    keys = [row["_id"] async for row in database.customers.find({}, {"_id": 1})]
    for start in range(0, orders, BATCH):
        rows = []
        for number in range(start, min(start + BATCH, orders)):
            share = source.random() ** 1.1
            rows.append(
                {
                    "external_id": f"O{number:07d}",
                    "customer_id": source.choice(keys),
                    "amount": source.randrange(10_000, 4_000_000),
                    "currency": "USD",
                    "ordered_at": NOW - share * SPAN,
                    "version": 1,
                    "created_at": NOW,
                    "updated_at": NOW,
                }
            )
        await database.orders.insert_many(rows, ordered=False)
    await init_beanie(database=database, document_models=[Customer, Order, Campaign])
    print(f"{orders:,} orders and their indexes in {time.perf_counter() - began:.0f} s")


async def measure(database: Database, rounds: int) -> None:
    """Print the figures."""
    actor, clock = Actor(Role.VIEWER, "benchmark"), FixedClock(NOW)
    settings = load_settings(_env_file=None)
    lately: dict[str, Any] = {"ordered_at": {"$gte": NOW - SPAN}}
    driver = await times(rounds, lambda: database.orders.count_documents(lately))
    whole = await times(rounds, lambda: find_insights(actor, 50, clock=clock, settings=settings))
    raw, found = statistics.median(driver), statistics.median(whole)
    print(f"driver, count of the orders  p50 {raw:7.0f} ms")
    print(f"insights                     p50 {found:7.0f} ms   max {whole[-1]:7.0f} ms   {found / raw:.1f} x")
    for insight in await find_insights(actor, 50, clock=clock, settings=settings):
        print(f"  {insight.title}: {insight.text}")
    assert whole[-1] < settings.read_timeout_seconds * 1_000


async def main(customers: int, orders: int, rounds: int) -> None:
    """Start a database, fill it, measure."""
    with tempfile.TemporaryDirectory() as folder:
        mongod = Mongod(Path(folder), cache_gb=2)
        mongod.start()
        try:
            async with AsyncMongoClient[dict[str, Any]](mongod.url, tz_aware=True) as client:
                await fill(client.benchmark, customers)
                await fill_orders(client.benchmark, orders)
                await measure(client.benchmark, rounds)
        finally:
            mongod.kill()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--customers", type=int, default=1_000_000)
    parser.add_argument("--orders", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=5)
    arguments = parser.parse_args()
    asyncio.run(main(arguments.customers, arguments.orders, arguments.rounds))
