"""How long do the figures of a campaign to 1,000,000 recipients take?

Run: python -m benchmarks.campaign_summary [--recipients 1000000] [--rounds 9]

A tenth failed, a tenth was skipped, and there are as many orders as recipients, a third of them since the
launch. Beside them the raw limit: the driver reads 20,000 deliveries by their numbers. Private MongoDB, with
a cache of 2 GiB.
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
from bson import ObjectId
from pymongo import AsyncMongoClient

from benchmarks.audience_preview import BATCH, NOW, shown, times
from crm_graphql.assistant.summaries import campaign_figures, plain_summary, reading, wrong_numbers
from crm_graphql.campaigns.documents import Campaign
from crm_graphql.core.actor import Actor, Role
from crm_graphql.core.settings import load_settings
from crm_graphql.delivery.documents import Delivery
from crm_graphql.local.mongod import Mongod
from crm_graphql.orders.documents import Order
from crm_graphql.resources import Database
from tests.clocks import FixedClock

REASONS = {8: ("FAILED", "BOUNCED"), 9: ("SKIPPED", "NO_ADDRESS")}
STAMPS = {"created_at": NOW, "updated_at": NOW}


def _rows(
    source: random.Random, campaign: ObjectId, people: list[ObjectId], numbers: range
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Deliveries with these numbers, and as many orders of anybody."""
    deliveries, orders = [], []
    for number in numbers:
        status, reason = REASONS.get(number * 7 % 10, ("DELIVERED", None))
        row = {"campaign_id": campaign, "number": number, "customer_id": people[number], "status": status}
        deliveries.append({**row, "reason": reason, "channel": "EMAIL", "revision": 1, **STAMPS})
        ordered_at = NOW - source.random() * timedelta(days=60)
        order = {"external_id": f"O{number}", "customer_id": source.choice(people), "ordered_at": ordered_at}
        amount = source.randrange(10_000, 4_000_000)
        orders.append({**order, "amount": amount, "currency": "USD", "version": 1, **STAMPS})
    return deliveries, orders


async def fill(database: Database, recipients: int) -> ObjectId:
    """A campaign that was launched 20 days ago, its ledger, and the orders."""
    source, began, campaign = random.Random(7), time.perf_counter(), ObjectId()
    people = [ObjectId() for _ in range(recipients)]
    tenth = recipients // 10
    stats = {"total": recipients, "queued": 0, "sent": 0, "failed": tenth, "skipped": tenth}
    await database.campaigns.insert_one(
        {
            "_id": campaign,
            "name": "Summer sale",
            "status": "COMPLETED",
            "channel": "EMAIL",
            "audience_id": ObjectId(),
            "stats": {**stats, "delivered": recipients - 2 * tenth},
            "planning": {"done": True},
            "launched_at": NOW - timedelta(days=20),
            **STAMPS,
        }
    )
    for start in range(0, recipients, BATCH):
        numbers = range(start, min(start + BATCH, recipients))
        deliveries, orders = _rows(source, campaign, people, numbers)
        await database.deliveries.insert_many(deliveries, ordered=False)
        await database.orders.insert_many(orders, ordered=False)
    await init_beanie(database=database, document_models=[Campaign, Delivery, Order])
    print(f"{recipients:,} deliveries and orders in {time.perf_counter() - began:.0f} s")
    return campaign


async def measure(database: Database, campaign: ObjectId, recipients: int, rounds: int) -> None:
    """Print the figures."""
    actor, clock, settings = Actor(Role.VIEWER, "benchmark"), FixedClock(NOW), load_settings(_env_file=None)
    step = -(-recipients // reading.SAMPLE)
    drawn = {"campaign_id": campaign, "number": {"$in": list(range(0, recipients, step))}}
    driver = await times(rounds, lambda: database.deliveries.find(drawn, {"customer_id": 1}).to_list())
    whole = await times(rounds, lambda: campaign_figures(actor, campaign, clock=clock, settings=settings))
    print(f"driver, {reading.SAMPLE:,} deliveries  {shown(driver)}")
    ratio = statistics.median(whole) / statistics.median(driver)
    print(f"figures                    {shown(whole)}   {ratio:.1f} x")
    figures = await campaign_figures(actor, campaign, clock=clock, settings=settings)
    text = plain_summary(figures)
    print(text)
    assert figures.orders is not None
    assert wrong_numbers(text, figures) == []


async def main(recipients: int, rounds: int) -> None:
    """Start a database, fill it, measure."""
    with tempfile.TemporaryDirectory() as folder:
        mongod = Mongod(Path(folder), cache_gb=2)
        mongod.start()
        try:
            async with AsyncMongoClient[dict[str, Any]](mongod.url, tz_aware=True) as client:
                campaign = await fill(client.benchmark, recipients)
                await measure(client.benchmark, campaign, recipients, rounds)
        finally:
            mongod.kill()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--recipients", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=9)
    arguments = parser.parse_args()
    asyncio.run(main(arguments.recipients, arguments.rounds))
