"""What does a round of the reconciler cost with 100,000 finished chunks and 1,000 campaigns being sent?

Run: python -m benchmarks.reconciling [--chunks 100000] [--campaigns 1000] [--payload 8192]

Three things, each beside the bare driver. An idle round: everything is kept or has a message, so there is
nothing to change; the driver reads the same keys by the same indexes. Deletes: all chunks are old at once;
the driver inserts and deletes as many, 500 in a command. The end of an ingestion whose body never ended: the
sums over its 1,000 chunks. Embedded bus, a private MongoDB with a cache of 1 GiB.
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from benchmarks.busy_deployment import (
    BATCH,
    DAY,
    NOW,
    PENDING,
    chunk,
    fill_campaigns,
    fill_ingestions,
    finished,
    ingestion,
)
from consumers.reconciler import run_round
from consumers.work import Work
from crm_graphql.consents.reconcile import MarkReconciler
from crm_graphql.core.clock import SystemClock
from crm_graphql.core.settings import BusKind, load_settings
from crm_graphql.delivery.messages import SEND_TURNS
from crm_graphql.delivery.reconcile import DeliveryReconciler
from crm_graphql.erasure.reconcile import ErasureReconciler
from crm_graphql.ingestion.begin import fail_ingestion
from crm_graphql.ingestion.documents import IngestionChunk
from crm_graphql.ingestion.retention import delete_old_chunks
from crm_graphql.local.mongod import Mongod
from crm_graphql.resources import Database, Resources, open_resources


async def median_ms(call: Callable[[], Awaitable[Any]], rounds: int = 7) -> float:
    """The median time of a call after one that warms up."""
    await call()
    times = []
    for _ in range(rounds):
        began = time.perf_counter()
        await call()
        times.append((time.perf_counter() - began) * 1_000)
    return statistics.median(times)


async def examined(database: Database, call: Callable[[], Awaitable[Any]]) -> str:
    """What MongoDB's profiler says of one call."""
    # By itself it would keep the last mebibyte.
    await database.create_collection("system.profile", capped=True, size=256 * 1024**2)
    await database.command("profile", 2)
    await call()
    await database.command("profile", 0)
    profile, own = database["system.profile"], {"command.profile": {"$exists": False}}
    rows = await profile.find({**own, "ns": {"$not": {"$regex": r"system\.profile|bus_messages"}}}).to_list()
    await profile.drop()
    keys, documents = (sum(row.get(name, 0) for row in rows) for name in ("keysExamined", "docsExamined"))
    return f"{len(rows):,} commands, {keys:,} keys and {documents:,} documents examined"


async def idle(resources: Resources) -> None:
    """A round in which nothing is to be done."""
    settings, work = resources.settings, Work.over(resources)
    delivery = DeliveryReconciler(
        writer=work.writer,
        bus=resources.bus,
        clock=resources.clock,
        partitions=settings.partitions,
        receipt_timeout_seconds=settings.receipt_timeout_seconds,
        parked_receipt_seconds=settings.parked_receipt_seconds,
    )

    marks = MarkReconciler()
    erasures = ErasureReconciler(resources.in_transaction, resources.bus, resources.clock)

    async def one() -> None:
        await run_round(work, delivery, marks, erasures)

    async def raw() -> None:
        await read_keys(resources.database)

    print(f"idle round: {await examined(resources.database, one)}")
    product, driver = await median_ms(one), await median_ms(raw)
    ratio = product / driver
    print(f"idle round: p50 {product:.1f} ms, the driver's reading {driver:.1f} ms, ratio {ratio:.1f}")


async def read_keys(database: Database) -> None:
    """What a round must know, read once by the bare driver: keys of campaigns, ranges, turns and chunks."""
    sending = {"status": "SENDING"}
    fields = {"_id": 1, "stats.queued": 1, "stats.sent": 1, "planning.done": 1}
    ids = [row["_id"] async for row in database.campaigns.find(sending, fields)]
    free: list[dict[str, Any]] = [
        {"$match": {"state": "PENDING", "campaign_id": {"$in": ids}}},
        {"$sort": {"campaign_id": 1, "lease_until": 1}},
        {"$group": {"_id": "$campaign_id", "lease_until": {"$first": "$lease_until"}}},
    ]
    await (await database.send_ranges.aggregate(free)).to_list()
    turns = [f"{SEND_TURNS.name}:{key}:{place}" for key in ids for place in range(SEND_TURNS.places)]
    await database.campaign_turns.find({"_id": {"$in": turns}}, {"_id": 1}).to_list()
    await database.ingestions.find({"sealed": True, "status": "RUNNING"}, {"_id": 1}).to_list()
    pending: list[dict[str, Any]] = [{"$match": {"state": "PENDING"}}, {"$group": {"_id": "$ingestion_id"}}]
    await (await database.ingestion_chunks.aggregate(pending)).to_list()


async def deletes(resources: Resources, count: int, size: int, insert_seconds: float) -> None:
    """All finished chunks go, round by round; the driver deletes some in a collection of its own."""
    chunks, times = resources.database.ingestion_chunks, list[float]()
    left = await chunks.count_documents({"state": "APPLIED"})
    while left and len(times) < 20:
        began = time.perf_counter()
        await delete_old_chunks(NOW + DAY)
        times.append(time.perf_counter() - began)
        left = await chunks.count_documents({"state": "APPLIED"})
    gone = count - left
    pause = resources.settings.reconcile_interval_seconds
    print(f"inserted by the driver: {count / insert_seconds:,.0f} chunks/s of {size:,} bytes")
    print(f"deleted: {gone:,} in {len(times)} rounds, {gone / sum(times):,.0f}/s while it deletes,")
    print(
        f"  {gone / (sum(times) + pause * len(times)):,.0f}/s with the pauses of {pause:.0f} s between rounds"
    )
    bare = resources.database.bare_chunks
    await bare.create_indexes(list(IngestionChunk.Settings.indexes))
    for _, rows in finished(count // 5, size):
        await bare.insert_many(rows)
    began, total = time.perf_counter(), 0
    while ids := [row["_id"] for row in await bare.find({}, {"_id": 1}).limit(BATCH).to_list()]:
        total += (await bare.delete_many({"_id": {"$in": ids}})).deleted_count
    print(f"deleted by the driver: {total / (time.perf_counter() - began):,.0f}/s")


async def abandoned(resources: Resources, size: int) -> None:
    """The end of an ingestion with 1,000 chunks whose body never ended."""
    database = resources.database
    owner = ingestion(status="RUNNING", counters=None, sealed=False)
    await database.ingestions.insert_one(owner)
    for start in range(0, 1_000, BATCH):
        await database.ingestion_chunks.insert_many(
            [chunk(owner["_id"], start + n, size) for n in range(BATCH)]
        )

    async def fail() -> None:
        await database.ingestions.update_one({"_id": owner["_id"]}, {"$set": {"status": "RUNNING"}})
        assert await fail_ingestion(owner["_id"], "benchmark", SystemClock())

    cost = await examined(database, fail)
    print(f"failing an ingestion of 1,000 chunks: {cost}, {await median_ms(fail):.1f} ms")
    await database.ingestion_chunks.delete_many({"ingestion_id": owner["_id"]})


@asynccontextmanager
async def deployment(folder: Path) -> Any:
    """Resources on a private MongoDB and the embedded bus."""
    mongod = Mongod(folder, cache_gb=1)
    mongod.start()
    try:
        settings = load_settings(
            _env_file=None,
            development=True,
            data_dir=folder,
            mongodb_url=mongod.url,
            mongodb_database="benchmark",
            bus=BusKind.EMBEDDED,
            log_level="ERROR",
        )
        async with open_resources(settings) as resources:
            yield resources
    finally:
        mongod.kill()


async def main(chunks: int, campaigns: int, size: int) -> None:
    """Fill, measure, print."""
    with tempfile.TemporaryDirectory() as folder:
        async with deployment(Path(folder)) as resources:
            seconds = await fill_ingestions(resources, chunks, size)
            await fill_campaigns(resources, campaigns)
            print(f"{chunks:,} finished chunks, {PENDING:,} pending, {campaigns:,} campaigns being sent")
            await idle(resources)
            await abandoned(resources, size)
            await deletes(resources, chunks, size, seconds)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--chunks", type=int, default=100_000)
    parser.add_argument("--campaigns", type=int, default=1_000)
    parser.add_argument("--payload", type=int, default=8_192)
    given = parser.parse_args()
    asyncio.run(main(given.chunks, given.campaigns, given.payload))
