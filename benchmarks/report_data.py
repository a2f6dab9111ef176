"""The orders and deliveries over which reports are measured."""

from __future__ import annotations

import random
import time
from datetime import timedelta

from bson import ObjectId

from benchmarks.audience_preview import NOW
from crm_graphql.resources import Database

BATCH = 10_000
YEARS = timedelta(days=5 * 365)


async def fill_orders(database: Database, orders: int) -> None:
    """Orders over five years, each of some customer, whose totals follow."""
    source, began = random.Random(8), time.perf_counter()
    keys = [row["_id"] async for row in database.customers.find({}, {"_id": 1})]
    for start in range(0, orders, BATCH):
        rows = [
            {
                "external_id": f"O{number:08d}",
                "customer_id": source.choice(keys),
                "amount": source.randrange(-200_000, 4_000_000),
                "currency": "USD",
                "ordered_at": NOW - source.random() * YEARS,
                "version": 1,
                "created_at": NOW,
                "updated_at": NOW,
            }
            for number in range(start, min(start + BATCH, orders))
        ]
        await database.orders.insert_many(rows, ordered=False)
    print(f"{orders:,} orders in {time.perf_counter() - began:.0f} s")


async def fill_deliveries(database: Database, deliveries: int) -> None:
    """Ten campaigns, each to the same part of the customers."""
    each = deliveries // 10
    keys = [row["_id"] async for row in database.customers.find({}, {"_id": 1}).limit(each)]
    for number in range(10):
        campaign = ObjectId()
        delivered = len(keys) * 9 // 10
        stats = {"total": len(keys), "queued": 0, "sent": 0, "skipped": 0}
        stats |= {"delivered": delivered, "failed": len(keys) - delivered}
        launched = NOW - timedelta(days=30 * number + 1)
        row = {"_id": campaign, "name": f"Campaign {number}", "channel": "EMAIL", "status": "COMPLETED"}
        await database.campaigns.insert_one(
            {**row, "stats": stats, "launched_at": launched, "created_at": launched}
        )
        for start in range(0, len(keys), BATCH):
            await database.deliveries.insert_many(
                [
                    {
                        "campaign_id": campaign,
                        "number": place,
                        "customer_id": keys[place],
                        "channel": "EMAIL",
                        "status": "DELIVERED" if place < delivered else "FAILED",
                        "revision": 1,
                    }
                    for place in range(start, min(start + BATCH, len(keys)))
                ],
                ordered=False,
            )
