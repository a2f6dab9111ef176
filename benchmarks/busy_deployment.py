"""A deployment with much under way, for `benchmarks.reconciling`: chunks, ingestions, campaigns, messages."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from bson import Binary, ObjectId

from crm_graphql.bus.port import Queue
from crm_graphql.delivery.messages import SEND_TURNS
from crm_graphql.ingestion.messages import chunk_queue
from crm_graphql.ingestion.states import Lane
from crm_graphql.resources import Database, Resources

NOW = datetime.now(UTC)
DAY = timedelta(days=1)
BATCH = 500
OF_INGESTION = 20
PENDING = 2_000
SENT_EACH = 100
RANGES_EACH = 5
ZERO = {"created": 0, "updated": 0, "unchanged": 0, "failed": 0}


def chunk(ingestion_id: ObjectId, number: int, size: int, **fields: Any) -> dict[str, Any]:
    """A chunk as the doors write it; its payload cannot be compressed, as orders hardly can."""
    return {
        "ingestion_id": ingestion_id,
        "ingestion_number": 1,
        "number": number,
        "kind": "ORDERS",
        "partition": number % 8,
        "lane": Lane.BULK.value,
        "payload": Binary(os.urandom(size)),
        "payload_hash": "0" * 64,
        "record_count": 100,
        "weight": 100,
        "state": "APPLIED",
        "starts": 1,
        "next_record": 0,
        "died_at": None,
        "deaths": 0,
        "counters": {**ZERO, "created": 100},
        "created_at": NOW,
        "published_at": NOW - DAY,
        "applied_at": NOW,
        **fields,
    }


def ingestion(**fields: Any) -> dict[str, Any]:
    """An ingestion; completed, when `fields` do not say otherwise."""
    row = {"_id": ObjectId(), "number": 1, "kind": "ORDERS", "status": "COMPLETED", "subject": "benchmark"}
    figures = {
        "received": 2_000,
        "rejected": 0,
        "counters": ZERO,
        "corrections": 0,
        "chunk_count": OF_INGESTION,
    }
    return {**row, **figures, "sealed": True, "created_at": NOW, "touched_at": NOW, **fields}


def finished(count: int, size: int) -> Iterator[tuple[list[dict[str, Any]], list[dict[str, Any]]]]:
    """Ingestions that are completed, and their chunks, in batches."""
    for _ in range(count // BATCH):
        owners = [ingestion() for _ in range(BATCH // OF_INGESTION)]
        yield owners, [chunk(one["_id"], number, size) for one in owners for number in range(OF_INGESTION)]


async def fill_ingestions(resources: Resources, count: int, size: int) -> float:
    """Finished chunks, and pending ones whose queues are merely slow; seconds that the finished ones took."""
    database, seconds = resources.database, 0.0
    for owners, chunks in finished(count, size):
        await database.ingestions.insert_many(owners)
        began = time.perf_counter()
        await database.ingestion_chunks.insert_many(chunks)
        seconds += time.perf_counter() - began
    waiting = {"state": "PENDING", "applied_at": None, "counters": ZERO}
    for _ in range(PENDING // OF_INGESTION):
        owner = ingestion(status="RUNNING", counters=None)
        await database.ingestions.insert_one(owner)
        rows = [chunk(owner["_id"], number, size, **waiting) for number in range(OF_INGESTION)]
        await database.ingestion_chunks.insert_many(rows)
    for partition in range(resources.settings.partitions):
        await fill_queue(database, chunk_queue(partition, Lane.BULK), 1)
    return seconds


async def fill_queue(database: Database, queue: Queue, count: int) -> None:
    """Messages that nobody takes."""
    base = time.time_ns()
    await database.bus_messages.insert_many(
        [{"_id": base + n, "queue": queue, "body": b""} for n in range(count)]
    )


async def fill_campaigns(resources: Resources, count: int) -> None:
    """Campaigns that were launched days ago and still have ranges to send, each with all its places taken."""
    campaigns = [_campaign(number) for number in range(count)]
    await resources.database.campaigns.insert_many(campaigns)
    for one in campaigns:
        await _fill_campaign(resources.database, one["_id"])
    await fill_queue(resources.database, SEND_TURNS.name, count * SEND_TURNS.places)


def _campaign(number: int) -> dict[str, Any]:
    return {
        "_id": ObjectId(),
        "name": f"Campaign {number}",
        "status": "SENDING",
        "message": {"subject": "Hello", "body": "x" * 4_000},
        "stats": {"total": 300, "queued": 200, "sent": SENT_EACH, "delivered": 0, "failed": 0},
        "planning": {"done": True, "lease_until": None},
        "revision": 1,
        "created_at": NOW - 5 * DAY,
        "updated_at": NOW - DAY,
        "launched_at": NOW - 5 * DAY,
    }


async def _fill_campaign(database: Database, key: ObjectId) -> None:
    own = {"campaign_id": key, "lease_until": None, "first_claimed_at": NOW - DAY}
    await database.send_ranges.insert_many(
        [
            {**own, "first": n * 60, "last": n * 60 + 59, "state": "DONE" if n < 2 else "PENDING"}
            for n in range(RANGES_EACH)
        ]
    )
    sent = {"campaign_id": key, "status": "SENT", "attempt": 1, "updated_at": NOW - DAY}
    await database.deliveries.insert_many(
        [{**sent, "number": n, "customer_id": ObjectId(), "values": "x" * 200} for n in range(SENT_EACH)]
    )
    turn = {"queue": SEND_TURNS.name, "campaign_id": key, "heard_at": NOW, "token": "t"}
    await database.campaign_turns.insert_many(
        [
            {**turn, "_id": f"{SEND_TURNS.name}:{key}:{place}", "place": place}
            for place in range(SEND_TURNS.places)
        ]
    )
