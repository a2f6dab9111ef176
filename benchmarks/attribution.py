"""What do a campaign's results cost to read, to follow and to ingest, beside the raw driver?

Run: python -m benchmarks.attribution [--people 1000000] [--orders 5] [--chunks 10]

One campaign with a holdout, all of whose messages were handed over, and orders of all its people. Followed:
every order is noted and counted, as after an import of all. Read: orders, revenue and lift as the API does
it, beside the driver's aggregation of the same orders and revenue over ledger and orders. Ingested: chunks of
orders applied with and without the notes for who follows. Private MongoDB, cache of 2 GiB.
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import tempfile
import time
from contextlib import nullcontext
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any
from unittest.mock import patch

import pymongo
from bson import ObjectId

from benchmarks.bulk_tagging import fill
from crm_graphql.attribution.following import Follower
from crm_graphql.attribution.queries import OrderOutcome, outcomes_of
from crm_graphql.campaigns.documents import Campaign, CampaignStatus, MessageTemplate, Planning, Stats
from crm_graphql.consents.addresses import suppressed_on
from crm_graphql.core.channels import Channel
from crm_graphql.core.money import from_units
from crm_graphql.core.settings import BusKind, load_settings
from crm_graphql.customers.documents import Customer
from crm_graphql.delivery.arms import Arms
from crm_graphql.delivery.documents import Delivery
from crm_graphql.local.mongod import Mongod
from crm_graphql.mongo.rows import row_of
from crm_graphql.orders import apply_records
from crm_graphql.orders.apply_records import apply_orders
from crm_graphql.orders.documents import Order, OrderChanges
from crm_graphql.orders.records import OrderRecord
from crm_graphql.resources import Resources, open_resources

BATCH = 10_000
CHUNK = 1_000
HOLDOUT = "0.1"
LAUNCHED = datetime(2026, 11, 1, tzinfo=UTC)


async def make_campaign(people: int) -> ObjectId:
    """A campaign whose ledger is whole and sent, but for those who are held out."""
    campaign = row_of(
        Campaign(
            name="Benchmark",
            status=CampaignStatus.COMPLETED,
            channel=Channel.EMAIL,
            message=MessageTemplate(subject="Hello", body="Hi"),
            audience_id=ObjectId(),
            holdout=HOLDOUT,
            attribution_days=7,
            subject="benchmark",
            created_at=LAUNCHED,
            updated_at=LAUNCHED,
            launched_at=LAUNCHED,
        )
    )
    campaign["_id"] = ObjectId()
    arms, number, held_out = Arms(campaign), 0, 0
    rows: list[dict[str, Any]] = []
    async for customer in Customer.get_pymongo_collection().find({}, {"_id": 1}).sort("_id"):
        is_held_out = arms.is_held_out(customer["_id"])
        held_out += is_held_out
        rows.append(delivery(campaign["_id"], number, customer["_id"], is_held_out=is_held_out))
        number += 1
        if len(rows) == BATCH:
            await Delivery.get_pymongo_collection().insert_many(rows, ordered=False)
            rows = []
    if rows:
        await Delivery.get_pymongo_collection().insert_many(rows, ordered=False)
    stats = Stats(total=people, delivered=people - held_out, skipped=held_out, held_out=held_out)
    planning = Planning(done=True, next_number=people, assigned=people - held_out)
    campaign |= {"stats": stats.model_dump(), "planning": planning.model_dump(), "revision": number}
    await Campaign.get_pymongo_collection().insert_one(campaign)
    key: ObjectId = campaign["_id"]
    return key


def delivery(campaign: ObjectId, number: int, customer: ObjectId, *, is_held_out: bool) -> dict[str, Any]:
    """A row as the ledger has it at the end."""
    return {
        "campaign_id": campaign,
        "number": number,
        "customer_id": customer,
        "channel": "EMAIL",
        "address": f"c{number}@example.org",
        "values": {},
        "status": "SKIPPED" if is_held_out else "DELIVERED",
        "reason": "HOLDOUT" if is_held_out else None,
        **({} if is_held_out else {"drawn": True}),
        "attempt": 1,
        "revision": 1 + number // 1_000,
        "sent_at": None if is_held_out else LAUNCHED,
        "finished_at": LAUNCHED,
        "created_at": LAUNCHED,
        "updated_at": LAUNCHED,
    }


async def make_orders(each: int) -> None:
    """Orders of everybody, two of three within the campaign's time."""
    random, rows = Random(1), list[dict[str, Any]]()
    orders, number = Order.get_pymongo_collection(), 0
    async for customer in Customer.get_pymongo_collection().find({}, {"_id": 1}).sort("_id"):
        for _ in range(each):
            number += 1
            moment = LAUNCHED + timedelta(hours=random.randrange(252), milliseconds=number % 1000)
            rows.append(
                {
                    "external_id": f"O{number}",
                    "customer_id": customer["_id"],
                    "amount": random.randrange(1_0000, 200_0000),
                    "currency": "USD",
                    "ordered_at": moment,
                    "version": number,
                    "created_at": moment,
                    "updated_at": moment,
                }
            )
        if len(rows) >= BATCH:
            await orders.insert_many(rows, ordered=False)
            rows = []
    if rows:
        await orders.insert_many(rows, ordered=False)


async def follow(resources: Resources) -> tuple[float, float]:
    """Seconds to look through the ledger, and to count all orders, each noted once."""
    follower = Follower(resources.in_transaction, resources.bus)
    began = time.perf_counter()
    while not await follower.run(for_seconds=60):
        pass
    whole = time.perf_counter() - began
    # Once more, as after an import: the ledger is known by now, and the orders are noted.
    await resources.database["order_credits"].drop()
    await resources.database["compared_people"].drop()
    await resources.database["campaign_orders"].delete_many({})
    with pymongo.timeout(None):
        ids = [row["_id"] async for row in Order.get_pymongo_collection().find({}, {"_id": 1})]
    for at in range(0, len(ids), CHUNK):
        chunk = b"".join(key.binary for key in ids[at : at + CHUNK])
        await OrderChanges.get_pymongo_collection().insert_one({"orders": chunk})
    began = time.perf_counter()
    while not await follower.run(for_seconds=60):
        pass
    counted = time.perf_counter() - began
    return whole - counted, counted


async def read(campaign: ObjectId) -> tuple[float, OrderOutcome]:
    """Milliseconds of one reading, and what it gives."""
    times = []
    for _ in range(50):
        began = time.perf_counter()
        outcome = (await outcomes_of([campaign]))[campaign].of(None)
        times.append(time.perf_counter() - began)
    return statistics.median(times) * 1000, outcome


async def aggregate(campaign: ObjectId) -> tuple[float, int, int]:
    """Milliseconds of the driver's aggregation, and the orders and the amount that it finds."""
    within = {
        "$expr": {
            "$and": [
                {"$eq": ["$customer_id", "$$customer"]},
                {"$gte": ["$ordered_at", "$$sent"]},
                {"$lt": ["$ordered_at", {"$add": ["$$sent", 7 * 24 * 3600 * 1000]}]},
            ]
        }
    }
    pipeline: list[dict[str, Any]] = [
        {"$match": {"campaign_id": campaign, "sent_at": {"$ne": None}}},
        {
            "$lookup": {
                "from": "orders",
                "let": {"customer": "$customer_id", "sent": "$sent_at"},
                "pipeline": [{"$match": within}, {"$project": {"_id": 0, "amount": 1}}],
                "as": "orders",
            }
        },
        {"$unwind": "$orders"},
        {"$group": {"_id": None, "orders": {"$sum": 1}, "amount": {"$sum": "$orders.amount"}}},
    ]
    began = time.perf_counter()
    with pymongo.timeout(None):
        cursor = await Delivery.get_pymongo_collection().aggregate(pipeline, allowDiskUse=True)
        (found,) = await cursor.to_list()
    return (time.perf_counter() - began) * 1000, found["orders"], found["amount"]


async def ingest(resources: Resources, *, noted: bool, chunks: int, run: int) -> float:
    """Orders a second that chunks of new ones are applied with."""
    with nullcontext() if noted else patch.object(apply_records, "note_orders", _no_notes):
        return await _ingest(resources, chunks, run)


async def _no_notes(*_: Any) -> None:
    pass


async def _ingest(resources: Resources, chunks: int, run: int) -> float:
    random = Random(run)
    began = time.perf_counter()
    for number in range(chunks):
        records = [
            OrderRecord(
                row, f"N{run}-{number}-{row}", f"C{random.randrange(20_000):07d}", 5_0000, "USD", LAUNCHED
            )
            for row in range(CHUNK)
        ]

        async def work(session: Any, records: Any = records, number: int = number) -> None:
            await apply_orders(
                records,
                ingestion_number=10**6 + run * 1_000 + number,
                now=LAUNCHED,
                suppressed_on=suppressed_on,
                session=session,
            )

        await resources.in_transaction(work)
    return chunks * CHUNK / (time.perf_counter() - began)


async def measure(resources: Resources, people: int, each: int, chunks: int) -> None:
    """Everything, and the ratios."""
    await fill(people)
    campaign = await make_campaign(people)
    await make_orders(each)
    print(f"{people:,} people, {people * each:,} orders")
    ledger, counting = await follow(resources)
    print(f"  ledger followed    {people / max(ledger, 1e-9):12,.0f} deliveries/s")
    print(f"  orders counted     {people * each / counting:12,.0f} orders/s")
    own, outcome = await read(campaign)
    raw, orders, amount = await aggregate(campaign)
    assert (outcome.orders, outcome.revenue) == (orders, from_units(amount))
    print(f"  results read       {own:12.2f} ms  ({outcome.orders:,} orders, lift {outcome.lift})")
    print(f"  driver aggregates  {raw:12.2f} ms  ratio {raw / own:,.0f}")
    rates: dict[bool, list[float]] = {True: [], False: []}
    for run in range(10):
        noted = bool(run % 2)
        rates[noted].append(await ingest(resources, noted=noted, chunks=chunks, run=run))
    plain, noting = statistics.median(rates[False]), statistics.median(rates[True])
    print(f"  ingested, no notes {plain:12,.0f} orders/s")
    print(f"  ingested, noted    {noting:12,.0f} orders/s  ratio {noting / plain:.3f}")


async def main(people: int, each: int, chunks: int) -> None:
    """Start a database, fill it, measure."""
    with tempfile.TemporaryDirectory() as folder:
        mongod = Mongod(Path(folder, "mongod"), cache_gb=2)
        mongod.start()
        try:
            settings = load_settings(
                _env_file=None,
                data_dir=Path(folder),
                mongodb_url=mongod.url,
                mongodb_database="benchmark",
                bus=BusKind.EMBEDDED,
                log_level="WARNING",
            )
            async with open_resources(settings) as resources:
                await measure(resources, people, each, chunks)
        finally:
            mongod.kill()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--people", type=int, default=1_000_000)
    parser.add_argument("--orders", type=int, default=5, help="of each of them")
    parser.add_argument("--chunks", type=int, default=10, help="of 1,000 orders, in each of ten runs")
    given = parser.parse_args()
    asyncio.run(main(given.people, given.orders, given.chunks))
