"""Rounds of the reconciler over a deployment that has much to do, none of it for the reconciler."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import Any

from bson import ObjectId

from consumers.reconciler import run_round
from consumers.work import Work
from crm_graphql.bus.port import Queue
from crm_graphql.campaigns.documents import Campaign
from crm_graphql.consents.reconcile import MarkReconciler
from crm_graphql.delivery.documents import Delivery, DeliveryStatus, SendRange
from crm_graphql.delivery.messages import SEND_TURNS, receipts_queue
from crm_graphql.delivery.ranges import ranges_of
from crm_graphql.delivery.reconcile import DeliveryReconciler
from crm_graphql.erasure.reconcile import ErasureReconciler
from crm_graphql.ingestion.documents import Ingestion, IngestionChunk
from crm_graphql.ingestion.messages import chunk_queue
from crm_graphql.ingestion.states import Lane
from crm_graphql.resources import Resources
from tests.delivery.factories import make_ledger
from tests.delivery.stand_in import StandInVendor

LONG = timedelta(days=3)
PARTITION = 3
FIGURES = dict.fromkeys(("created", "updated", "unchanged", "failed"), 0)


def reconciler(resources: Resources) -> tuple[Work, DeliveryReconciler]:
    """What a round needs, over the test's resources."""
    work = Work.over(resources, vendor=StandInVendor())
    settings = resources.settings
    return work, DeliveryReconciler(
        writer=work.writer,
        bus=resources.bus,
        clock=resources.clock,
        partitions=settings.partitions,
        receipt_timeout_seconds=settings.receipt_timeout_seconds,
        parked_receipt_seconds=settings.parked_receipt_seconds,
    )


async def one_round(resources: Resources) -> None:
    """A round over everything."""
    erasures = ErasureReconciler(resources.in_transaction, resources.bus, resources.clock)
    await run_round(*reconciler(resources), MarkReconciler(), erasures)


async def fill_queue(resources: Resources, queue: Queue, count: int) -> None:
    """Messages that nobody takes: the queue is slow."""
    messages = [{"_id": time.time_ns() + n, "queue": queue, "body": b""} for n in range(count)]
    await resources.database.bus_messages.insert_many(messages)


async def insert_ingestion(chunks: int, *, partition: int = PARTITION, **fields: Any) -> ObjectId:
    """An ingestion with so many chunks: applied when it is completed, else pending and long unheard."""
    now, key = datetime.now(UTC), ObjectId()
    row = {
        "_id": key,
        "status": "COMPLETED",
        "sealed": True,
        "counters": FIGURES,
        "received": 1,
        "corrections": 0,
    }
    moments = {"created_at": now - LONG, "touched_at": now - LONG}
    await Ingestion.get_pymongo_collection().insert_one({**row, **moments, **fields})
    is_done = fields.get("counters", FIGURES) is not None
    if chunks:
        await IngestionChunk.get_pymongo_collection().insert_many(
            [
                {
                    "ingestion_id": key,
                    "number": number,
                    "partition": partition,
                    "lane": Lane.BULK.value,
                    "payload": b"x" * 1000,
                    "record_count": 1,
                    "weight": 100,
                    "counters": FIGURES,
                    "state": "APPLIED" if is_done else "PENDING",
                    "published_at": now - LONG,
                    "applied_at": now - LONG if is_done else None,
                }
                for number in range(chunks)
            ]
        )
    return key


async def busy_ingestions(resources: Resources, count: int) -> None:
    """Finished ones whose chunks are kept, open ones whose queue is slow, one whose body is still coming."""
    open_one: dict[str, Any] = {"status": "RUNNING", "counters": None}
    for _ in range(count):
        await insert_ingestion(3)
        await insert_ingestion(3, **open_one)
    await insert_ingestion(1, **open_one, sealed=False, touched_at=datetime.now(UTC))
    await fill_queue(resources, chunk_queue(PARTITION, Lane.BULK), 1)


async def busy_campaigns(resources: Resources, count: int) -> list[ObjectId]:
    """So many of each kind: with ranges to send and all their messages in a slow queue; quiet, their ranges
    held; waiting for receipts that are not due; quiet, their outcomes in a slow queue; paused."""
    campaigns = Campaign.get_pymongo_collection()
    quiet = {"$set": {"updated_at": datetime.now(UTC) - LONG}}
    keys: list[ObjectId] = []
    for _ in range(count):
        for lease, place in ((None, "free"), (timedelta(hours=1), "held"), (None, "paused")):
            key, _ids = await make_ledger(6)
            rows = ranges_of(key, range(6), 2)
            for row in rows:
                row["lease_until"] = lease and datetime.now(UTC) + lease
            await SendRange.get_pymongo_collection().insert_many(rows)
            await campaigns.update_one({"_id": key}, quiet)
            if place == "free":
                await SEND_TURNS.fill(key, bus=resources.bus)
            if place == "paused":
                await campaigns.update_one({"_id": key}, {"$set": {"status": "PAUSED"}})
            keys.append(key)
        await make_sent(6, claimed_at=datetime.now(UTC))
        unwritten, _ids = await make_ledger(6)
        await campaigns.update_one({"_id": unwritten}, quiet)
    for partition in range(resources.settings.partitions):
        await fill_queue(resources, receipts_queue(partition), 1)
    return keys


async def make_sent(count: int, *, claimed_at: datetime, late: int = 0, size: int = 10) -> ObjectId:
    """A campaign whose rows are all sent, in ranges that were first claimed then; the first `late` of the
    rows have waited long for their receipts."""
    key, _ids = await make_ledger(count, status=DeliveryStatus.SENT)
    done = {"state": "DONE", "first_claimed_at": claimed_at}
    rows = [{**row, **done} for row in ranges_of(key, range(count), size)]
    await SendRange.get_pymongo_collection().insert_many(rows)
    long_ago = {"$set": {"updated_at": datetime.now(UTC) - 2 * LONG}}
    await Delivery.get_pymongo_collection().update_many(
        {"campaign_id": key, "number": {"$lt": late}}, long_ago
    )
    return key


async def lose_outcomes(count: int, *, numbers: int = 6, size: int = 2) -> ObjectId:
    """A campaign whose ranges are all done, its first `count` rows still waiting; quiet for long."""
    key, _ids = await make_ledger(numbers)
    done = [{**row, "state": "DONE"} for row in ranges_of(key, range(numbers), size)]
    await SendRange.get_pymongo_collection().insert_many(done)
    sent = {"campaign_id": key, "number": {"$gte": count}}
    await Delivery.get_pymongo_collection().update_many(sent, {"$set": {"status": "DELIVERED"}})
    await Campaign.get_pymongo_collection().update_one(
        {"_id": key},
        {
            "$set": {
                "updated_at": datetime.now(UTC) - LONG,
                "stats.queued": count,
                "stats.delivered": numbers - count,
            }
        },
    )
    return key
